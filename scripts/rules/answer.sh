#!/bin/sh
# A kernel's answer on a ruleset and a capture: answer.sh CAPTURE FOLDER [options of answer.py]. Root.
# With LINUX_UML naming a User Mode Linux kernel (time-travel, with the netfilter options that a ruleset needs): on the
# capture's own clock. Without: the running kernel, in a network namespace of its own, packets back to back.
here=$(dirname "$(readlink -f "$0")")
. "$here/uml.sh"
if [ "$1" = --init ]; then # within the User Mode Linux
  uml_begin
  python3 "$here/answer.py" $(uml_args) --clock virtual
  uml_end
fi
mkdir -p "$2"
if [ -z "$LINUX_UML" ]; then exec unshare -n -m sh -c 'mount -t sysfs none /sys; exec python3 "$@"' sh "$here/answer.py" "$@"; fi
uml_run "$here/answer.sh" "$@"
