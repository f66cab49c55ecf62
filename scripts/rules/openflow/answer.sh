#!/bin/sh
# What Open vSwitch on a Linux kernel makes of flows and a capture: answer.sh CAPTURE FOLDER [options of answer.py]. Root.
# LINUX_UML names a User Mode Linux kernel (time-travel, with openvswitch); Open vSwitch itself is Debian's openvswitch-switch.
here=$(dirname "$(readlink -f "$0")")
if [ "$1" = --init ]; then # within the User Mode Linux
  export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
  mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev 2> /dev/null; mount -t tmpfs tmp /run
  export OVS_RUNDIR=/run/ovs; mkdir -p $OVS_RUNDIR
  ip link set lo up
  sleep 20 # ovs-vswitchd counts processors ten seconds after boot at the earliest, and without one takes no packet up
  {
    ovsdb-tool create $OVS_RUNDIR/conf.db /usr/share/openvswitch/vswitch.ovsschema
    ovsdb-server $OVS_RUNDIR/conf.db --remote=punix:$OVS_RUNDIR/db.sock --detach --pidfile --no-chdir
    ovs-vsctl --no-wait init
    ovs-vswitchd unix:$OVS_RUNDIR/db.sock --detach --pidfile --no-chdir
  } 2>&1 | grep -v INFO
  python3 "$here/answer.py" $(echo "$RULES_ARGS" | tr '|' ' ')
  sync
  exec python3 -c 'import ctypes; ctypes.CDLL(None).reboot(0x4321fedc)'
fi
: "${LINUX_UML:?names a User Mode Linux kernel}"
mkdir -p "$2"
folder=$(readlink -f "$2")
args=$(echo "$*" | tr ' ' '|')
printf '#!/bin/sh\nexec %s --init\n' "$here/answer.sh" > "$folder/init.sh"; chmod +x "$folder/init.sh"
# glibc is told to leave AVX alone: User Mode Linux saves it only in part
timeout -k 5 300 "$LINUX_UML" mem=512M rootfstype=hostfs rootflags=/ rw time-travel=inf-cpu con=null con0=fd:0,fd:1 ssl=null quiet \
  GLIBC_TUNABLES=glibc.cpu.hwcaps=-XSAVE,-XSAVEC,-AVX,-AVX2,-AVX512F,-AVX512VL,-AVX512BW,-AVX512DQ,-AVX512CD \
  init="$folder/init.sh" RULES_ARGS="$args" < /dev/null > "$folder/uml.log" 2>&1
rm -f "$folder/init.sh"
grep -q '^done ' "$folder/uml.log" || { echo "the kernel gave no answer, see $folder/uml.log" >&2; exit 1; }
