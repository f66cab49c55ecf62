#!/bin/sh
# A kernel's answer on a ruleset and a capture: answer.sh CAPTURE FOLDER [options of answer.py]. Root.
# With LINUX_UML naming a User Mode Linux kernel (time-travel, with the netfilter options that a ruleset needs): on the
# capture's own clock. Without: the running kernel, in a network namespace of its own, packets back to back.
here=$(dirname "$(readlink -f "$0")")
if [ "$1" = --init ]; then # within the User Mode Linux
  export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
  mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev 2> /dev/null; mount -t tmpfs tmp /run
  python3 "$here/answer.py" $(echo "$RULES_ARGS" | tr '|' ' ') --clock virtual
  sync
  exec python3 -c 'import ctypes; ctypes.CDLL(None).reboot(0x4321fedc)'
fi
mkdir -p "$2"
if [ -z "$LINUX_UML" ]; then exec unshare -n -m sh -c 'mount -t sysfs none /sys; exec python3 "$@"' sh "$here/answer.py" "$@"; fi
folder=$(readlink -f "$2")
args=$(echo "$*" | tr ' ' '|')
printf '#!/bin/sh\nexec %s --init\n' "$here/answer.sh" > "$folder/init.sh"; chmod +x "$folder/init.sh"
# glibc is told to leave AVX alone: User Mode Linux saves it only in part
timeout -k 5 300 "$LINUX_UML" mem=512M rootfstype=hostfs rootflags=/ rw time-travel=inf-cpu con=null con0=fd:0,fd:1 ssl=null quiet \
  GLIBC_TUNABLES=glibc.cpu.hwcaps=-XSAVE,-XSAVEC,-AVX,-AVX2,-AVX512F,-AVX512VL,-AVX512BW,-AVX512DQ,-AVX512CD \
  init="$folder/init.sh" RULES_ARGS="$args" < /dev/null > "$folder/uml.log" 2>&1
rm -f "$folder/init.sh"
grep -q '^done ' "$folder/uml.log" || { echo "the kernel gave no answer, see $folder/uml.log" >&2; exit 1; }
