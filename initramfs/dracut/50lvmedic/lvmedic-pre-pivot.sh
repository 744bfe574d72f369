#!/bin/sh
# pre-pivot: root is mounted, and the running system comes next.
. /usr/lib/lvmedic/boot.sh
lvmedic_before_leaving
