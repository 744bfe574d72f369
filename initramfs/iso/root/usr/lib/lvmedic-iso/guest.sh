# Finding the guest's own system on its volumes. Sourced.
# What lies on its disks may be hostile: it is quoted everywhere and evaluated nowhere, and no link in it is followed.
WORK=$RUN/guest

say() { printf '%s\n' "$*"; }
fail() {
  printf '%s\n' "$0: $*" | cat -v >&2
  exit 1
}
# Activation is what they are for, so without lvm's warning that the rescue system forbids the rest.
LOCKS='global/locking_type=1'
shown() {
  printf '  $ %s\n' "$*"
  "$@"
}

# plain_path TEXT: whether it is a path without `..` and without what a shell or terminal could take for something else.
plain_path() {
  case $1 in
    *..* | *[!A-Za-z0-9/._+~@:-]*) return 1 ;;
    /*) return 0 ;;
    *) return 1 ;;
  esac
}

# inside ROOT PATH: whether PATH below ROOT exists, and leads nowhere else by links.
inside() {
  real=$(realpath -e -- "$1$2" 2>/dev/null) || return 1
  case $real in "$1"/*) return 0 ;; *) return 1 ;; esac
}

# fstab_field ROOT MOUNTPOINT FIELD
fstab_field() {
  inside "$1" /etc/fstab || return 1
  awk -v point="$2" -v field="$3" '$1 !~ /^#/ && $2 == point { print $field; exit }' "$1/etc/fstab"
}

# device_of SPEC: as fstab names it.
device_of() {
  case $1 in
    UUID=* | LABEL=* | PARTUUID=* | PARTLABEL=*)
      spec=$(printf '%s' "$1" | tr -d '"')
      findfs "$spec" 2>/dev/null
      ;;
    /dev/*) if plain_path "$1" && [ -b "$1" ]; then printf '%s\n' "$1"; else return 1; fi ;;
    *) return 1 ;;
  esac
}

# quiet_options TYPE: a look that does not even replay a journal.
quiet_options() {
  case $1 in
    ext3 | ext4) echo ro,noload ;;
    xfs) echo ro,norecovery ;;
    *) echo ro ;;
  esac
}

# mount_root DEVICE WHERE ro|rw: false when there is no system on it.
mount_root() {
  type=$(blkid -p -o value -s TYPE -- "$1") || return 1
  case $type in ext2 | ext3 | ext4 | xfs | btrfs) ;; *) return 1 ;; esac
  if [ "$3" = ro ]; then options=$(quiet_options "$type"); else options=rw; fi
  subvolumes=-
  [ "$type" != btrfs ] || subvolumes='- @ @rootfs root'
  mkdir -p "$2"
  for subvolume in $subvolumes; do
    with=$options
    [ "$subvolume" = - ] || with=$options,subvol=$subvolume
    mount -t "$type" -o "$with" -- "$1" "$2" 2>/dev/null || continue
    if inside "$2" /etc/fstab && inside "$2" /usr; then return 0; fi
    umount "$2"
  done
  return 1
}

active_in() {
  lvm lvs --config "$LOCKS" --noheadings -o lv_name -S 'lv_active=active && lv_role=public' -- "$1"
}

# Leaves the disks as they were found: nothing mounted, and no volume active that was not before.
put_away() {
  cd /
  umount -R "$WORK/root" 2>/dev/null
  for group in $ACTIVATED; do lvm vgchange --config "$LOCKS" -an -- "$group" >/dev/null 2>&1; done
}

# find_root [VG|VG/LV]: activates, and leaves ROOT_DEVICE and ROOT_NAME. ACTIVATED is for put_away.
ACTIVATED=''
find_root() {
  wanted=${1-}
  case $wanted in
    *[!A-Za-z0-9+_./-]* | -*) fail "\"$wanted\" is no name of a volume group" ;;
    */*) groups=${wanted%%/*} ;;
    '') groups=$(lvm vgs --config "$LOCKS" --noheadings -o vg_name) || fail 'lvm cannot read the disks' ;;
    *) groups=$wanted ;;
  esac
  [ -n "$groups" ] || fail 'there is no volume group on these disks'
  found=''
  for group in $groups; do
    [ -n "$(active_in "$group")" ] || ACTIVATED="$ACTIVATED $group"
    shown lvm vgchange --config "$LOCKS" -ay -- "$group" || say "  (not all of $group could be activated)"
    udevadm settle --timeout=30
    for name in $(active_in "$group"); do
      case $wanted in */*) [ "$wanted" = "$group/$name" ] || continue ;; esac
      [ -b "/dev/$group/$name" ] || continue
      mount_root "/dev/$group/$name" "$WORK/root" ro || continue
      umount "$WORK/root"
      found="$found $group/$name"
    done
  done
  # shellcheck disable=SC2086
  set -- $found
  [ $# -gt 0 ] || fail 'no active volume holds a system (a filesystem with /etc/fstab). Is it repaired? Is it encrypted?'
  [ $# -eq 1 ] || fail "several volumes hold a system: name one of$found"
  ROOT_NAME=$1
  ROOT_DEVICE=/dev/$1
  say "The guest's root: $ROOT_NAME"
}

# mount_boot ROOT ro|rw: /boot on its place below ROOT, when fstab has one.
mount_boot() {
  spec=$(fstab_field "$1" /boot 1)
  [ -n "$spec" ] || return 0
  device=$(device_of "$spec") || fail "the guest's /boot is not here (its fstab names $spec)"
  inside "$1" /boot || fail "the guest has no folder /boot"
  type=$(blkid -p -o value -s TYPE -- "$device") || fail "$device, the guest's /boot, cannot be recognised"
  if [ "$2" = ro ]; then options=$(quiet_options "$type"); else options=rw; fi
  mount -t "$type" -o "$options,nosuid,nodev" -- "$device" "$1/boot" || fail "$device, the guest's /boot, cannot be mounted"
}
