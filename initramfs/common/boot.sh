# shellcheck shell=dash
# What the hooks of dracut and of initramfs-tools share: who may run lvmedic, when, and on which terminal.
#
# dracut sources this into the shell that runs the boot. So nothing here exits or prints by itself, every name begins
# with lvmedic_, and until lvmedic is really called only builtins run: a healthy boot pays no process. A failed redirection
# of a special builtin (`:`, `.`, `set`…) would end that shell: files are written by `echo`.

: "${lvmedic_etc:=/etc}" "${lvmedic_proc:=/proc}" "${lvmedic_sys:=/sys}" "${lvmedic_run:=/run/lvmedic}"
: "${lvmedic_program:=/usr/bin/lvmedic}" "${lvmedic_console:=/dev/console}"
: "${lvmedic_dracut_run:=/run/initramfs}" "${lvmedic_prompts:=/run/systemd/ask-password}"

# The one place that reads the kernel command line for the hooks. Sets
#   lvmedic_mode      off, ask or auto
#   lvmedic_policy    the word of rd.lvmedic.policy=, unchecked
#   lvmedic_media     1 when boot itself may run lvmedic from a medium labelled LVMEDIC
#   lvmedic_no_shell  1 when no shell and no question are allowed (rd.shell=0)
#   lvmedic_break     1 when a person asked for a shell at a breakpoint: nothing is wrong then
# The last one of several wins, and the files come in the order of dracut's getcmdline().
lvmedic_read_cmdline() {
    lvmedic_mode=ask lvmedic_policy='' lvmedic_media='' lvmedic_no_shell='' lvmedic_break='' lvmedic_words=''
    case $- in *f*) lvmedic_glob=-f ;; *) lvmedic_glob=+f ;; esac
    set +f
    for lvmedic_name in "$lvmedic_etc"/cmdline.d/*.conf "$lvmedic_etc/cmdline" "$lvmedic_proc/cmdline" \
        "$lvmedic_dracut_run"/cmdline.d/*.conf; do
        [ -f "$lvmedic_name" ] || continue
        while read -r lvmedic_line || [ -n "$lvmedic_line" ]; do
            lvmedic_words="$lvmedic_words $lvmedic_line"
        done <"$lvmedic_name"
    done
    # A word may hold a `*`.
    set -f
    for lvmedic_word in $lvmedic_words; do
        case $lvmedic_word in
        rd.lvmedic=off | rd.lvmedic=0 | rd.lvmedic=no) lvmedic_mode=off ;;
        rd.lvmedic=auto) lvmedic_mode=auto ;;
        rd.lvmedic | rd.lvmedic=*) lvmedic_mode=ask ;;
        rd.lvmedic.policy=*) lvmedic_policy=${lvmedic_word#*=} ;;
        rd.lvmedic.media | rd.lvmedic.media=1) lvmedic_media=1 ;;
        rd.lvmedic.media=*) lvmedic_media='' ;;
        rd.shell=0 | rd.shell=no | rd.shell=off) lvmedic_no_shell=1 ;;
        rd.shell | rd.shell=*) lvmedic_no_shell='' ;;
        rd.break | rd.break=* | rdbreak | rdbreak=* | break | break=*) lvmedic_break=1 ;;
        esac
    done
    set "$lvmedic_glob"
}

# Sets lvmedic_disks to the names of what can hold a physical volume. A logical volume that came up is no new disk;
# an opened LUKS volume is one.
lvmedic_list_disks() {
    lvmedic_disks=:
    for lvmedic_name in "$lvmedic_sys"/class/block/*; do
        lvmedic_name=${lvmedic_name##*/}
        case $lvmedic_name in
        '*' | loop* | ram* | zram*) continue ;;
        dm-*)
            lvmedic_uuid=''
            { read -r lvmedic_uuid <"$lvmedic_sys/class/block/$lvmedic_name/dm/uuid"; } 2>/dev/null
            case $lvmedic_uuid in *LVM-*) continue ;; esac
            ;;
        esac
        lvmedic_disks="$lvmedic_disks $lvmedic_name"
    done
}

# Whether the unattended repair has not been tried with the disks of lvmedic_disks, nor brought the boot on already.
# $1: `careful` asks about a careful one, nothing about a full one (see lvmedic_auto).
lvmedic_is_untried() {
    for lvmedic_name in tried ${1:+tried-carefully}; do
        lvmedic_tried=''
        { read -r lvmedic_tried <"$lvmedic_run/$lvmedic_name"; } 2>/dev/null
        case $lvmedic_tried in "$lvmedic_disks" | 'boot went on') return 1 ;; esac
    done
}

# Whether the unattended repair is due: root has been awaited for 10 s in which no disk appeared. A disk that is merely
# late must not be repaired away. $1: the uptime in seconds from which the wait is nearly over, and it is due even while
# disks go on appearing; none without. Sets lvmedic_how for lvmedic_auto.
lvmedic_is_due() {
    lvmedic_list_disks
    lvmedic_is_untried || return 1
    lvmedic_since='' lvmedic_seen=''
    { { read -r lvmedic_since && read -r lvmedic_seen; } <"$lvmedic_run/waiting"; } 2>/dev/null
    read -r lvmedic_now lvmedic_line <"$lvmedic_proc/uptime" || return 1
    lvmedic_now=${lvmedic_now%%.*}
    if [ "$lvmedic_seen" != "$lvmedic_disks" ]; then
        lvmedic_since=$lvmedic_now
        [ -d "$lvmedic_run" ] || mkdir -p "$lvmedic_run"
        echo "$lvmedic_since
$lvmedic_disks" >"$lvmedic_run/waiting"
    fi
    lvmedic_how=''
    [ "$lvmedic_now" -lt "${1:-999999}" ] || return 0
    lvmedic_how=careful
    lvmedic_is_untried careful && [ $((lvmedic_now - lvmedic_since)) -ge 10 ]
}

# `lvmedic boot --auto` with the disks of lvmedic_disks. $1: `careful` while a disk may still come: rd.lvmedic.policy=
# degraded or lossy is for disks that are gone, so that run has safe, and does not count as tried for the full one.
# Succeeds when the boot shall go on. Only the file that lvmedic leaves says so: an exit status is also what a missing
# program or a kill leaves.
lvmedic_auto() {
    lvmedic_option='' lvmedic_name=tried
    case ${1-}:$lvmedic_policy in
    careful:degraded | careful:lossy) lvmedic_option=--policy=safe lvmedic_name=tried-carefully ;;
    esac
    mkdir -p "$lvmedic_run"
    echo "$lvmedic_disks" >"$lvmedic_run/$lvmedic_name"
    rm -f "$lvmedic_run/boot-goes-on"
    # A console of its own: dracut-initqueue.service has none, initramfs-tools may write its output to a file.
    LVMEDIC_BY_BOOT=1 "$lvmedic_program" boot --auto ${lvmedic_option:+"$lvmedic_option"} \
        </dev/null >"$lvmedic_console" 2>&1
    [ -e "$lvmedic_run/boot-goes-on" ] || return 1
    lvmedic_take_root_flags
    [ -z "$lvmedic_option" ] || echo >"$lvmedic_run/went-on-carefully"
    echo 'boot went on' >"$lvmedic_run/tried"
}

# lvmedic has brought root up read-only. dracut without systemd mounts it in the shell that sources its hooks, with flags
# that it read long before.
lvmedic_take_root_flags() {
    # shellcheck disable=SC2034
    { read -r rflags <"$lvmedic_run/rootflags"; } 2>/dev/null || :
}

# Root is up. Is a disk of its volume group missing, then the running system's lvm activates nothing more of it: what
# fstab needs of that group comes up here, as far as it is there. One run of lvm, and under rd.lvmedic=auto alone.
lvmedic_before_leaving() {
    lvmedic_read_cmdline
    [ "$lvmedic_mode" = auto ] || return 0
    lvmedic_list_disks
    # A careful run left alone what is not whole.
    lvmedic_is_untried || [ -e "$lvmedic_run/went-on-carefully" ] || return 0
    case $(LVM_SUPPRESS_FD_WARNINGS=1 lvm vgs --noheadings -o vg_missing_pv_count 2>/dev/null) in
    *[1-9]*) lvmedic_auto || : ;;
    esac
}

# `lvmedic boot --ask` on the console. Succeeds when the boot shall go on.
lvmedic_ask() {
    mkdir -p "$lvmedic_run"
    rm -f "$lvmedic_run/boot-goes-on"
    # Ctrl-C is lvmedic's: it must not end the shell that runs the boot.
    trap : INT QUIT
    if { true </dev/tty; } 2>/dev/null || ! lvmedic_setsid_gives_tty; then
        # dracut-emergency.service has the console as its controlling terminal.
        LVMEDIC_BY_BOOT=1 "$lvmedic_program" boot --ask <>"$lvmedic_console" >&0 2>&1
    else
        # init has none, so Ctrl-C would reach nobody. The end of the session hangs its terminal up, which drops what
        # the serial port has not sent yet: hence the second.
        # shellcheck disable=SC2016
        LVMEDIC_BY_BOOT=1 setsid -c sh -c 'trap : INT QUIT; "$@"; sleep 1' sh \
            "$lvmedic_program" boot --ask <>"$lvmedic_console" >&0 2>&1
    fi
    trap - INT QUIT
    [ -e "$lvmedic_run/boot-goes-on" ] || return 1
    lvmedic_take_root_flags
}

# util-linux's and busybox's setsid know -c; others may not.
lvmedic_setsid_gives_tty() {
    case $(setsid --help 2>&1) in *-c*) return 0 ;; esac
    return 1
}

# What the emergency hooks do before the shell opens. Succeeds when the boot shall go on without it.
lvmedic_emergency() {
    lvmedic_read_cmdline
    # What forbids a shell is dracut's to say, wherever else a later dracut may read it.
    if command -v getargbool >/dev/null 2>&1 && ! getargbool 1 rd.shell; then lvmedic_no_shell=1; fi
    if [ "$lvmedic_mode" = off ] || [ -n "$lvmedic_break" ]; then return 1; fi
    if [ "$lvmedic_mode" = auto ]; then
        lvmedic_list_disks
        # Nothing comes after this, so it is tried nevertheless.
        lvmedic_how=''
        if lvmedic_is_passphrase_awaited; then lvmedic_how=careful; fi
        lvmedic_is_untried "$lvmedic_how" && lvmedic_auto "$lvmedic_how"
        return
    fi
    # Handed back three times, and it still stops: whatever keeps the boot, the shell is for that.
    if [ -n "$lvmedic_no_shell" ] || [ -e "$lvmedic_run/handed-back-3" ]; then return 1; fi
    lvmedic_ask || return 1
    for lvmedic_count in 1 2 3; do
        [ ! -e "$lvmedic_run/handed-back-$lvmedic_count" ] || continue
        echo >"$lvmedic_run/handed-back-$lvmedic_count"
        break
    done
}

# Whether somebody is being asked for a passphrase: then the disks are not complete.
lvmedic_is_passphrase_awaited() {
    for lvmedic_name in "$lvmedic_prompts"/ask.*; do
        [ ! -e "$lvmedic_name" ] || return 0
    done
    return 1
}
