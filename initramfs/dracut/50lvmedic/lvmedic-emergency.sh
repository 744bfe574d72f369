#!/bin/sh
# emergency: the shell is about to open. shutdown-emergency: where dracut-emergency looks instead under rd.shell=0, and
# where a real shutdown looks too (`action` tells). After die() no boot can go on: the file .die tells.
. /usr/lib/lvmedic/boot.sh
if [ "${action-}" = Boot ] && [ ! -e /run/initramfs/.die ] && lvmedic_emergency; then
    # dracut-emergency.service: this is a process of its own, and its end lets the boot go on without a shell.
    case $0 in *dracut-emergency*) exit 0 ;; esac
    # Else this is the shell that runs the boot, inside emergency_shell(): without an action of a name it knows, neither
    # rd.emergency= nor rd.shell=0 halts the machine afterwards.
    # shellcheck disable=SC2034
    _emergency_action=lvmedic
    # The shell opens nevertheless, as a login shell of HOME=/: this one ends at once, the next one does not.
    if [ -z "$lvmedic_no_shell" ]; then
        [ ! -e /.profile ] || mv /.profile /.profile.lvmedic
        echo 'rm -f /.profile; [ ! -e /.profile.lvmedic ] || mv /.profile.lvmedic /.profile; exit 0' >/.profile
    fi
fi
