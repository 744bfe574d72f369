# shellcheck shell=sh
# How lvmedic gets into this machine's boot. Sourced by the hook of initramfs-tools, dracut's module (bash) and
# lvmedic-setup, so that all three come to the same answer.

# Reads /etc/lvmedic.conf without running it. Sets lvmedic_conf_mode, lvmedic_conf_file and, for images that are built
# elsewhere, lvmedic_place_uuid, _type and _path. Fails after a message.
lvmedic_read_conf() {
    lvmedic_conf=${LVMEDIC_CONF:-/etc/lvmedic.conf}
    lvmedic_conf_mode=auto lvmedic_conf_file=/boot/lvmedic/lvmedic
    lvmedic_place_uuid='' lvmedic_place_type='' lvmedic_place_path=''
    [ -e "$lvmedic_conf" ] || return 0
    while read -r lvmedic_line || [ -n "$lvmedic_line" ]; do
        lvmedic_value=${lvmedic_line#*=}
        case $lvmedic_value in
        \"*\") lvmedic_value=${lvmedic_value#\"} lvmedic_value=${lvmedic_value%\"} ;;
        \'*\') lvmedic_value=${lvmedic_value#\'} lvmedic_value=${lvmedic_value%\'} ;;
        esac
        case $lvmedic_line in
        '' | '#'*) ;;
        MODE=*) lvmedic_conf_mode=$lvmedic_value ;;
        FILE=/*[!/]) lvmedic_conf_file=$lvmedic_value ;;
        PLACE_UUID=*) lvmedic_place_uuid=$lvmedic_value ;;
        PLACE_TYPE=*) lvmedic_place_type=$lvmedic_value ;;
        PLACE_PATH=*) lvmedic_place_path=$lvmedic_value ;;
        *)
            printf '%s\n' "lvmedic: $lvmedic_conf: not understood: $lvmedic_line" >&2
            return 1
            ;;
        esac
    done <"$lvmedic_conf"
    case $lvmedic_conf_mode in
    auto | hook | embed | append) return 0 ;;
    esac
    printf '%s\n' "lvmedic: $lvmedic_conf: MODE=$lvmedic_conf_mode is none of auto, hook, embed, append" >&2
    return 1
}

# Where lvmedic-setup put the file last, and on which filesystem that is, in two lines.
lvmedic_placed=${LVMEDIC_STATE:-/var/lib/lvmedic}/placed

# Where the file lies, as the initramfs will look for it: the filesystem's UUID and type, and the path from its top.
# Also sets lvmedic_place_source (a device, or nothing). Fails, with the reason in lvmedic_why, when it cannot be told.
lvmedic_find_place() {
    lvmedic_place_source=''
    if [ -n "$lvmedic_place_uuid" ]; then
        : "${lvmedic_place_type:=auto}" "${lvmedic_place_path:=${lvmedic_conf_file#/boot}}"
        return 0
    fi
    # The file may be still to come, and its folder too.
    lvmedic_folder=${lvmedic_conf_file%/*}
    while [ ! -d "$lvmedic_folder/" ]; do lvmedic_folder=${lvmedic_folder%/*}; done
    lvmedic_folder=$(readlink -f "$lvmedic_folder/")
    lvmedic_target=$(findmnt -n -v -o TARGET -T "$lvmedic_folder" 2>/dev/null)
    lvmedic_place_source=$(findmnt -n -v -o SOURCE -T "$lvmedic_folder" 2>/dev/null)
    lvmedic_place_type=$(findmnt -n -v -o FSTYPE -T "$lvmedic_folder" 2>/dev/null)
    lvmedic_root=$(findmnt -n -v -o FSROOT -T "$lvmedic_folder" 2>/dev/null)
    [ -b "$lvmedic_place_source" ] && lvmedic_place_uuid=$(blkid -o value -s UUID "$lvmedic_place_source" 2>/dev/null)
    if [ -z "$lvmedic_place_uuid" ]; then
        # A chroot knows no mounts. lvmedic-setup may have run where they were known.
        lvmedic_place_source=''
        { { read -r lvmedic_line && read -r lvmedic_place_uuid lvmedic_place_type lvmedic_place_path; } \
            <"$lvmedic_placed"; } 2>/dev/null
        if [ -n "$lvmedic_place_path" ] && [ "$lvmedic_line" = "$lvmedic_conf_file" ] && [ -e "$lvmedic_line" ]; then
            return 0
        fi
        lvmedic_place_uuid='' lvmedic_is_guess=1
        lvmedic_why="it cannot be told on which filesystem ${lvmedic_conf_file%/*} lies"
        return 1
    fi
    lvmedic_place_path=${lvmedic_root%/}/${lvmedic_folder#"${lvmedic_target%/}"}
    lvmedic_place_path=${lvmedic_place_path%/}/${lvmedic_conf_file#"${lvmedic_folder%/}"/}
    while :; do
        case $lvmedic_place_path in
        *//*) lvmedic_place_path=${lvmedic_place_path%%//*}/${lvmedic_place_path#*//} ;;
        *) return 0 ;;
        esac
    done
}

# Whether an initramfs can mount the place though LVM is broken. Fails with the reason in lvmedic_why.
lvmedic_is_place_plain() {
    [ -n "$lvmedic_place_source" ] || return 0
    lvmedic_device=$(readlink -f "$lvmedic_place_source")
    lvmedic_device=${lvmedic_device##*/}
    case $lvmedic_device in
    dm-* | md* | bcache* | loop* | drbd* | nbd* | zd*)
        lvmedic_why="${lvmedic_conf_file%/*} lies on $lvmedic_place_source, which is not a plain partition"
        return 1
        ;;
    esac
    case $lvmedic_place_type in
    ext2 | ext3 | ext4 | xfs | vfat) return 0 ;;
    btrfs)
        set -- "/sys/fs/btrfs/$lvmedic_place_uuid/devices"/*
        [ $# -gt 1 ] || return 0
        lvmedic_why="${lvmedic_conf_file%/*} lies on a btrfs of $# devices"
        ;;
    *) lvmedic_why="${lvmedic_conf_file%/*} lies on $lvmedic_place_type, which lvmedic's hook does not mount" ;;
    esac
    return 1
}

# Sets lvmedic_mode to hook, embed or append, lvmedic_why when that is not what one would expect, lvmedic_warning when it
# will not help as it is, and lvmedic_is_guess to 1 when `auto` had nothing to go by. Fails after a message.
lvmedic_choose_mode() {
    lvmedic_why='' lvmedic_warning='' lvmedic_is_guess=''
    lvmedic_read_conf || return 1
    lvmedic_mode=$lvmedic_conf_mode
    case $lvmedic_mode in
    auto)
        lvmedic_mode=hook
        lvmedic_find_place && lvmedic_is_place_plain && return 0
        lvmedic_mode=embed
        lvmedic_why="$lvmedic_why, so the initramfs gets the whole program (about 32 MB)"
        ;;
    hook)
        if lvmedic_find_place; then
            lvmedic_is_place_plain ||
                lvmedic_warning="MODE=hook, but $lvmedic_why: when LVM is broken it may be out of reach. See $lvmedic_conf"
            lvmedic_why=''
            return 0
        fi
        printf '%s\n' "lvmedic: MODE=hook, but $lvmedic_why. Give PLACE_UUID in $lvmedic_conf, or another MODE." >&2
        return 1
        ;;
    esac
}

# The kernel modules that mount the place. Debian's ext4 is ext2 and ext3 as well.
lvmedic_place_modules() {
    case $lvmedic_place_type in
    auto) ;;
    ext[234]) echo ext4 ;;
    vfat) echo vfat nls_cp437 nls_ascii nls_iso8859-1 nls_utf8 ;;
    *) echo "$lvmedic_place_type" ;;
    esac
}

# Whether an initramfs with the program in it has room beside the one that it will replace. A full /boot would break
# dpkg. $1: where it is written to, $2: the program. Fails with the reason in lvmedic_why.
lvmedic_has_room() {
    lvmedic_free_kib=$(df -Pk "${1%/*}/" 2>/dev/null | tail -n 1 | { read -r _ _ _ lvmedic_free _ && echo "$lvmedic_free"; })
    [ -n "$lvmedic_free_kib" ] || return 0
    lvmedic_image_bytes=0
    for lvmedic_image in "${1%/*}"/initrd* "${1%/*}"/initramfs*; do
        [ -f "$lvmedic_image" ] || continue
        lvmedic_bytes=$(wc -c <"$lvmedic_image")
        [ "$lvmedic_bytes" -le "$lvmedic_image_bytes" ] || lvmedic_image_bytes=$lvmedic_bytes
    done
    # As large as the largest; the first of all is seldom larger than 64 MiB.
    [ "$lvmedic_image_bytes" -gt 0 ] || lvmedic_image_bytes=67108864
    lvmedic_needed_kib=$(((lvmedic_image_bytes + $(wc -c <"$2")) / 1024 + 1024))
    [ "$lvmedic_free_kib" -lt "$lvmedic_needed_kib" ] || return 0
    lvmedic_why="${1%/*} has $((lvmedic_free_kib / 1024)) MB free, and an initramfs with the whole program needs about"
    lvmedic_why="$lvmedic_why $((lvmedic_needed_kib / 1024)) MB. Make room, or set another MODE in $lvmedic_conf"
    return 1
}

# Copies a script of ours into an initramfs, without its comments: not every generator compresses what it packs.
# $1: from, $2: to, $3: mode
lvmedic_put_script() {
    mkdir -p "${2%/*}"
    sed '/^ *#[^!]/d' "$1" >"$2"
    chmod "$3" "$2"
}
