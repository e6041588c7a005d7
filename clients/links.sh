# T43: links where dumps and pid files go are replaced, not written through; of two that are started at once one runs.
echo theirs > /run/victim
ln -s /run/victim "$TMPDIR/keepalived.json"; ln -s /run/victim "$TMPDIR/keepalived.data"; ln -s /run/victim /run/keepalived.pid
router > /run/k.conf
for _ in 1 2; do ip netns exec r1 "$BINARY" keepalived -f /run/k.conf & done; wait -n || true; wait || true
pid=$(cat /run/keepalived.pid)
until_true 15 has_address 10.0.0.254
[ "$(pgrep -x -c keepalived)" = 1 ]
kill -36 "$pid"; kill -10 "$pid"
until_true 15 eval '[ ! -L "$TMPDIR/keepalived.json" ] && [ ! -L "$TMPDIR/keepalived.data" ]'
[ "$(stat -c %a "$TMPDIR/keepalived.json" "$TMPDIR/keepalived.data" | sort -u)" = 600 ]
[ "$(cat /run/victim)" = theirs ]
stop "$pid"
