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
        FILE=/*) lvmedic_conf_file=$lvmedic_value ;;
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

# Sets lvmedic_mode to hook, embed or append, and lvmedic_why when that is not what one would expect.
# Fails after a message.
lvmedic_choose_mode() {
    lvmedic_why=''
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
        lvmedic_find_place && return 0
        printf '%s\n' "lvmedic: MODE=hook, but $lvmedic_why. Give PLACE_UUID in $lvmedic_conf, or another MODE." >&2
        return 1
        ;;
    esac
}

# Copies a script of ours into an initramfs, without its comments: not every generator compresses what it packs.
# $1: from, $2: to, $3: mode
lvmedic_put_script() {
    mkdir -p "${2%/*}"
    sed '/^ *#[^!]/d' "$1" >"$2"
    chmod "$3" "$2"
}
