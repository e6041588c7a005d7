# Ansible evrardjp.keepalived, Puppet voxpupuli/keepalived, neutron, mehdy/keepalived-exporter: what they make of `--version`.
first=$(keepalived --version 2>&1 >/dev/null | sed -n 1p)
[[ $first =~ [kK]eepalived\ v(.*)\  ]] && [ "${BASH_REMATCH[1]}" = 2.2.7 ]
[[ $first =~ ^Keepalived\ v([0-9]+\.[0-9]+\.[0-9]+)\ .+ ]] && [ "${BASH_REMATCH[1]}" = 2.2.7 ]
[ "$(keepalived --version 2>/dev/null | wc -c)" = 0 ]
keepalived -v 2>&1 | grep -e --enable-json > /dev/null
