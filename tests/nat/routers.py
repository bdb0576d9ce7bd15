"""What the routers of the lab do: their kinds (RFC 4787), as rules for nft."""

import enum


class Nat(enum.Enum):
    NONE = "none"  # no router: the machine has a public address
    PORT_RESTRICTED = "port-restricted"  # one mapping for all destinations, which only those may use who were written to
    FULL_CONE = "full cone"  # one mapping for all destinations, which everybody may use
    SYMMETRIC = "symmetric"  # another random port for each destination


class Udp(enum.Enum):
    OPEN = "open"
    DROPPED = "dropped"
    REJECTED = "rejected"


# The chains that miniupnpd fills, whose names are those of its defaults, are empty until it runs.
RULES = """
table inet filter {{
  chain miniupnpd {{ }}
  chain prerouting_miniupnpd {{ }}
  chain postrouting_miniupnpd {{ }}
  chain forward {{
    type filter hook forward priority filter; policy drop;
    {udp}
    ct state established,related accept
    iifname "lan" accept
    ct status dnat accept
    jump miniupnpd
  }}
  chain input {{
    type filter hook input priority filter; policy drop;
    iifname {{ "lan", "lo" }} accept
    ct state established,related accept
    meta l4proto {{ icmp, ipv6-icmp }} accept
  }}
  chain prerouting {{
    type nat hook prerouting priority dstnat;
    jump prerouting_miniupnpd
    {everybody}
  }}
  chain postrouting {{
    type nat hook postrouting priority srcnat;
    jump postrouting_miniupnpd
    oifname "wan" meta nfproto ipv4 masquerade {ports}
  }}
}}
"""


def rules(nat: Nat, udp: Udp, inside: str) -> str:
    """For a router with the interfaces `wan` and `lan`; `inside` is the one machine behind it to which a full cone leads."""
    blocked = {Udp.OPEN: "", Udp.DROPPED: "drop", Udp.REJECTED: "reject with icmpx type admin-prohibited"}[udp]
    cone = f'iifname "wan" meta nfproto ipv4 meta l4proto {{ tcp, udp }} th dport 1024-65535 dnat ip to {inside}'
    return RULES.format(
        udp=f"meta l4proto udp {blocked}" if blocked else "",
        everybody=cone if nat is Nat.FULL_CONE else "",
        ports="fully-random" if nat is Nat.SYMMETRIC else "",
    )


def port_mapper(folder, lan: str) -> str:
    """The configuration of miniupnpd: UPnP, NAT-PMP and PCP for the machines of a home."""
    return f"""
ext_ifname=wan
listening_ip=lan
port=0
enable_upnp=yes
enable_natpmp=yes
secure_mode=yes
system_uptime=yes
notify_interval=60
lease_file={folder}/leases
uuid=5f2b1c0e-9a7d-4386-8b1e-6f0c2d4a5b79
serial=1
model_number=1
allow 1024-65535 {lan}/24 1024-65535
deny 0-65535 0.0.0.0/0 0-65535
"""
