# OpenStack neutron's KeepalivedManager (PyPI): ten steps.
mkdir -p /run/neutron
"$NEUTRON/bin/python" -W ignore "$here/neutron_manager.py" /run/neutron > /run/neutron/out 2>&1 || true
steps=$(grep -c '^ok ' /run/neutron/out || true)
echo "$steps of 10 steps"
[ "$steps" = 10 ] || { cat /run/neutron/out; false; }
