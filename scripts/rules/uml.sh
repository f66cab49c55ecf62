# For answer.sh, here and in openflow/, to be read by them: a User Mode Linux that runs the same script, with --init, as its init
# process. Root.

# Within it: what its init process needs first.
uml_begin() {
  export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
  mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev 2> /dev/null; mount -t tmpfs tmp /run
}

# Within it: the arguments that were handed over, and the end.
uml_args() { echo "$RULES_ARGS" | tr '|' ' '; }
uml_end() {
  sync
  exec python3 -c 'import ctypes; ctypes.CDLL(None).reboot(0x4321fedc)'
}

# Outside: uml_run SCRIPT CAPTURE FOLDER [options], which are handed over. LINUX_UML names the kernel (time-travel).
uml_run() {
  script=$1; shift
  folder=$(readlink -f "$2")
  args=$(echo "$*" | tr ' ' '|')
  printf '#!/bin/sh\nexec %s --init\n' "$script" > "$folder/init.sh"; chmod +x "$folder/init.sh"
  # glibc is told to leave AVX alone: User Mode Linux saves it only in part
  timeout -k 5 300 "$LINUX_UML" mem=512M rootfstype=hostfs rootflags=/ rw time-travel=inf-cpu con=null con0=fd:0,fd:1 ssl=null quiet \
    GLIBC_TUNABLES=glibc.cpu.hwcaps=-XSAVE,-XSAVEC,-AVX,-AVX2,-AVX512F,-AVX512VL,-AVX512BW,-AVX512DQ,-AVX512CD \
    init="$folder/init.sh" RULES_ARGS="$args" < /dev/null > "$folder/uml.log" 2>&1
  rm -f "$folder/init.sh"
  grep -q '^done ' "$folder/uml.log" || { echo "the kernel gave no answer, see $folder/uml.log" >&2; return 1; }
}
