#!/bin/sh
# What ipmi_sim calls for its chassis: chassis.sh FOLDER get NAME... | set NAME VALUE...
# Each value is kept in FOLDER/chassis/NAME; what was set is also appended to FOLDER/chassis/log, for tests to look at.
# With FOLDER/chassis/fail the next command fails; with FOLDER/chassis/hung the operating system ignores a soft
# shutdown, which otherwise takes SOFT_OFF_SECONDS. The simulator stands still meanwhile: do not talk to it from here.
dir=$1/chassis verb=$2
shift 2
keep() { printf '%s\n' "$2" >"$dir/$1"; }
if [ "$verb" = get ]; then
	for name; do
		case $name in
		power) default=1 ;;
		boot) default=default ;;
		*) exit 1 ;;
		esac
		value=$default
		[ ! -f "$dir/$name" ] || read -r value <"$dir/$name"
		echo "$name:$value"
	done
	exit
fi
while [ $# -ge 2 ]; do
	[ ! -f "$dir/fail" ] || exit 1
	printf '%s %s\n' "$1" "$2" >>"$dir/log"
	keep "$1" "$2"
	if [ "$1" = shutdown ] && [ ! -f "$dir/hung" ]; then
		(sleep "${SOFT_OFF_SECONDS:-1}" && keep power 0) >/dev/null 2>&1 &
	fi
	shift 2
done
