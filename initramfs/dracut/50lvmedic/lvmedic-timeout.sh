#!/bin/sh
# initqueue/timeout: two thirds of rd.retry are over. No disk is merely late any more.
. /usr/lib/lvmedic/boot.sh
lvmedic_read_cmdline
if [ "$lvmedic_mode" = auto ] && ! lvmedic_is_passphrase_awaited; then
    lvmedic_list_disks
    lvmedic_is_untried && lvmedic_auto
fi
