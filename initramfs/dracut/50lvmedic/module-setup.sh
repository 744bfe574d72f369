#!/bin/bash

# Called by dracut.
check() {
    require_binaries lvm || return 1
    if ! choose_mode; then
        [[ ! ${lvmedic_is_too_large-} ]] || dwarn "lvmedic: $lvmedic_why. Left out of this initramfs."
        return 255
    fi
    # As the module lvm: an initramfs for this machine alone has it when this machine uses LVM.
    if [[ ${hostonly-} || ${mount_needs-} ]]; then
        local fs
        for fs in "${host_fs_types[@]}"; do [[ $fs == LVM*_member ]] && return 0; done
        return 255
    fi
    return 0
}

# Called by dracut.
depends() {
    echo lvm
}

# Sets lvmedic_mode to hook or embed; fails when nothing of lvmedic belongs into the initramfs. A mistake in
# lvmedic.conf is told of; neither that nor a full /boot must keep a kernel from getting its initramfs.
choose_mode() {
    # shellcheck source=../../common/mode.sh
    . /usr/lib/lvmedic/mode.sh
    lvmedic_is_too_large=''
    [[ ! ${LVMEDIC_LEAVE_OUT-} ]] || return 1
    lvmedic_choose_mode && [[ $lvmedic_mode != append ]] || return 1
    [[ $lvmedic_mode == embed && ${outfile-} ]] || return 0
    lvmedic_has_room "$outfile" /usr/bin/lvmedic || { lvmedic_is_too_large=1 && return 1; }
}

# Called by dracut.
installkernel() {
    choose_mode || return 0
    if [[ $lvmedic_mode == embed ]]; then
        # A repair is rehearsed on replicas, which are loop devices.
        hostonly='' instmods loop
        return
    fi
    # An initramfs for this machine alone may lack what /boot needs.
    local module
    for module in $(lvmedic_place_modules); do hostonly='' instmods "$module"; done
    if [[ ${hostonly-} && $lvmedic_place_source ]]; then
        for module in $(get_dev_module "$(readlink -f "$lvmedic_place_source")"); do
            hostonly='' instmods "$module"
        done
    fi
}

# Called by dracut.
install() {
    choose_mode || return 0
    if [[ $lvmedic_why ]]; then
        if [[ $lvmedic_is_guess ]]; then dwarn "lvmedic: $lvmedic_why."; else dinfo "lvmedic: $lvmedic_why."; fi
    fi
    [[ ! $lvmedic_warning ]] || dwarn "lvmedic: $lvmedic_warning."

    inst_multiple mkdir mv readlink rm sleep
    inst_multiple -o setsid
    lvmedic_put_script /usr/lib/lvmedic/boot.sh "$initdir/usr/lib/lvmedic/boot.sh" 0644
    inst_hook initqueue/settled 50 "$moddir/lvmedic-settled.sh"
    inst_hook initqueue/timeout 50 "$moddir/lvmedic-timeout.sh"
    inst_hook pre-pivot 50 "$moddir/lvmedic-pre-pivot.sh"
    inst_hook emergency 50 "$moddir/lvmedic-emergency.sh"
    inst_hook shutdown-emergency 50 "$moddir/lvmedic-emergency.sh"
    if [[ $lvmedic_mode == embed ]]; then
        inst_binary /usr/bin/lvmedic
        inst_multiple -o losetup
        return 0
    fi
    inst_multiple blkid mount umount
    lvmedic_put_script /usr/lib/lvmedic/lvmedic "$initdir/usr/bin/lvmedic" 0755
    mkdir -p "$initdir/etc/lvmedic"
    echo "$lvmedic_place_uuid $lvmedic_place_type $lvmedic_place_path" >"$initdir/etc/lvmedic/place"
}
