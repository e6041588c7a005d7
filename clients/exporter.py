"""What mehdy/keepalived-exporter reads of a dump in JSON, by its rules (it is told here in our words)."""
import json, sys
for entry in json.load(open(sys.argv[1])):
    data, stats = entry["data"], entry["stats"]
    for key in ("state", "wantstate", "garp_delay", "vrid"):
        assert type(data[key]) is int, key
    for key in ("iname", "ifp_ifname"):
        assert type(data[key]) is str, key
    for vip in data["vips"] + data.get("evips", []):
        words = vip.split(" ")
        assert words[2] == "eth0" and "." in words[0], vip
    for key in ("advert_rcvd", "advert_sent", "become_master", "release_master", "packet_len_err", "advert_interval_err", "ip_ttl_err",
                "invalid_type_rcvd", "addr_list_err", "invalid_authtype", "authtype_mismatch", "auth_failure", "pri_zero_rcvd", "pri_zero_sent"):
        assert type(stats[key]) is int, key
    # VyOS: `show vrrp`, and its detailed view.
    assert isinstance(float(data["last_transition"]), float) and 0 <= data["state"] <= 3
    for key in ("effective_priority", "base_priority", "adver_int", "nopreempt", "promote_secondaries", "accept", "smtp_alert", "notify_deleted",
                "version", "auth_type", "master_priority", "garp_refresh", "garp_rep", "preempt_delay", "vmac_ifname"):
        assert key in data, key
