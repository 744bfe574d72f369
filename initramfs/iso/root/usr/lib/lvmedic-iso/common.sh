# Sourced by the scripts of the rescue system.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export HOME=/root LANG=C.UTF-8
RUN=/run/lvmedic-iso
MEDIUM=/run/media/LVMEDIC

# parameter NAME [DEFAULT]: its last value on the kernel command line.
parameter() {
  found=${2-}
  set -f
  # shellcheck disable=SC2013
  for word in $(cat /proc/cmdline); do
    case $word in "$1="*) found=${word#*=} ;; esac
  done
  set +f
  printf '%s\n' "$found"
}

consoles() {
  for console in $(cat /sys/class/tty/console/active); do
    [ "$console" != tty0 ] || console=tty1
    echo "/dev/$console"
  done
}

# To every console: nobody knows which of them somebody looks at.
everywhere() {
  # shellcheck disable=SC2046
  tee $(consoles) >/dev/null
}

# Mounts the medium that logs and undo records go to. No other disk is ever mounted without somebody's command.
mount_medium() {
  ! mountpoint -q "$MEDIUM" || return 0
  device=$(readlink -e /dev/disk/by-label/LVMEDIC) || return 1
  options=rw,nosuid,nodev,noexec,noatime
  type=$(blkid -p -o value -s TYPE -- "$device") || return 1
  case $type in
    vfat | exfat) options=$options,fmask=0077,dmask=0077 ;;
    ext2 | ext3 | ext4) ;;
    *) return 1 ;;
  esac
  mkdir -p "$MEDIUM"
  mount -t "$type" -o "$options" -- "$device" "$MEDIUM" 2>/dev/null
}

# Where records go, as a sentence.
tell_medium() {
  if mount_medium; then
    echo "Logs and undo records go to the medium labelled LVMEDIC ($(findmnt -n -o SOURCE "$MEDIUM"))."
  elif [ -e /dev/disk/by-label/LVMEDIC ]; then
    echo 'The medium labelled LVMEDIC cannot be written, or is neither vfat nor ext4:'
    echo 'logs and undo records last until power-off.'
  else
    echo 'No medium labelled LVMEDIC: logs and undo records last until power-off.'
  fi
}

secure_boot() {
  variable=/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c
  if [ ! -d /sys/firmware/efi ]; then
    echo BIOS
  elif [ "$(od -An -t u1 -j 4 -N 1 "$variable" 2>/dev/null | tr -d ' ')" = 1 ]; then
    echo 'UEFI, Secure Boot on'
  else
    echo 'UEFI, Secure Boot off'
  fi
}
