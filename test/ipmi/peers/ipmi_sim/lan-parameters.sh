#!/bin/sh
# What ipmi_sim calls for its LAN parameters: lan-parameters.sh FOLDER get NAME... | set NAME VALUE... | check NAME VALUE
dir=$1/lan verb=$2
shift 2
preset() {
	case $1 in
	ip_addr) echo 192.0.2.10 ;;
	ip_addr_src) echo static ;;
	mac_addr) echo 02:00:00:00:00:10 ;;
	subnet_mask) echo 255.255.255.0 ;;
	default_gw_ip_addr) echo 192.0.2.1 ;;
	default_gw_mac_addr) echo 02:00:00:00:00:01 ;;
	backup_gw_ip_addr) echo 0.0.0.0 ;;
	backup_gw_mac_addr) echo 00:00:00:00:00:00 ;;
	*) exit 1 ;;
	esac
}
case $verb in
get)
	for name; do
		if [ -f "$dir/$name" ]; then read -r value <"$dir/$name"; else value=$(preset "$name") || exit 1; fi
		echo "$name:$value"
	done
	;;
set)
	while [ $# -ge 2 ]; do
		echo "$2" >"$dir/$1"
		shift 2
	done
	;;
check) [ "$2" = static ] || [ "$2" = dhcp ] ;;
esac
