#!/bin/sh
# What Open vSwitch on a Linux kernel makes of flows and a capture: answer.sh CAPTURE FOLDER [options of answer.py]. Root.
# LINUX_UML names a User Mode Linux kernel (time-travel, with openvswitch); Open vSwitch itself is Debian's openvswitch-switch.
here=$(dirname "$(readlink -f "$0")")
. "$here/../uml.sh"
if [ "$1" = --init ]; then # within the User Mode Linux
  uml_begin
  export OVS_RUNDIR=/run/ovs; mkdir -p $OVS_RUNDIR
  ip link set lo up
  sleep 20 # ovs-vswitchd counts processors ten seconds after boot at the earliest, and without one takes no packet up
  {
    ovsdb-tool create $OVS_RUNDIR/conf.db /usr/share/openvswitch/vswitch.ovsschema
    ovsdb-server $OVS_RUNDIR/conf.db --remote=punix:$OVS_RUNDIR/db.sock --detach --pidfile --no-chdir
    ovs-vsctl --no-wait init
    ovs-vswitchd unix:$OVS_RUNDIR/db.sock --detach --pidfile --no-chdir
  } 2>&1 | grep -v INFO
  python3 "$here/answer.py" $(uml_args)
  uml_end
fi
: "${LINUX_UML:?names a User Mode Linux kernel}"
mkdir -p "$2"
uml_run "$here/answer.sh" "$@"
