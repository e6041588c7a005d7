# Schemathesis: hundreds of requests made of the description, each answer held against it. It speaks TCP, the daemon a unix socket.
router > /run/t.conf
ip link set lo up
ip netns exec r1 "$BINARY" run --config /run/t.conf --control /run/control.sock --state-dir /run/t & pid=$!
until_true 15 has_address 10.0.0.254
python3 "$here/openapi.py" /run/control.sock 8080 & bridge=$!
cat > /run/schemathesis.toml <<C
request-timeout = 10
[generation]
max-examples = 3
deterministic = true
# Without \`since\` its answer has no end.
[[operations]]
include-path = "/v1/events"
enabled = false
# The daemon would be another each time.
[[operations]]
include-path = "/v1/restart"
enabled = false
# What was asked too long ago is refused, whatever the schema allows.
[[operations]]
include-path-regex = "/v1/(hold|release)"
checks.positive_data_acceptance.enabled = false
C
# What it remembers is gone with the client.
cd /run
"$SCHEMATHESIS" --config-file /run/schemathesis.toml run http://127.0.0.1:8080/v1/openapi.json --url http://127.0.0.1:8080 --phases coverage,fuzzing --no-color
kill "$bridge"
stop "$pid"
