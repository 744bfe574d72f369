#!/bin/sh
# initqueue/settled: sourced again and again while something is awaited, and in every healthy boot once or twice.
# The command line is read once; in the modes ask and off that is all.
[ -n "${lvmedic_mode-}" ] || { . /usr/lib/lvmedic/boot.sh && lvmedic_read_cmdline; }

if [ "${lvmedic_mode-}" = auto ]; then
    lvmedic_is_passphrase_awaited || ! lvmedic_is_due || lvmedic_auto "$lvmedic_how"
fi
