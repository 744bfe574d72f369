PS1='lvmedic# '
export LANG=C.UTF-8 LESS=-R
