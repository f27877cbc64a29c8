package outbound

import (
	"fmt"
	"net/netip"
	"net/url"
)

// special are the address blocks that are not the public internet, from IANA's
// registries of special-purpose addresses (RFC 6890 and its updates), with the
// blocks that carry an IPv4 address inside an IPv6 one: whatever they lead to
// is asked for by its own address.
var special = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
	"192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16",
	"192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"::/128", "::1/128", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16",
	"3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8")

// never are the blocks that no configuration opens: machine credentials lie there.
var never = prefixes("169.254.0.0/16", "fe80::/10", "fd00:ec2::/32", "100.100.100.200/32", "0.0.0.0/8", "::/128")

func prefixes(all ...string) []netip.Prefix {
	ps := make([]netip.Prefix, len(all))
	for i, s := range all {
		ps[i] = netip.MustParsePrefix(s)
	}
	return ps
}

func within(a netip.Addr, blocks []netip.Prefix) bool {
	for _, p := range blocks {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// reachable reports whether a connection to the address may be made.
func reachable(a netip.Addr, private []netip.Prefix) bool {
	a = a.Unmap().WithZone("")
	if !a.IsValid() || within(a, never) {
		return false
	}
	return !within(a, special) || within(a, private)
}

// ParsePrivate reads the private ranges that configuration allows, such as
// "10.20.0.0/16" or a single address. The error names the one that is wrong.
func ParsePrivate(all []string) ([]netip.Prefix, error) {
	var ps []netip.Prefix
	for _, s := range all {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			a, aerr := netip.ParseAddr(s)
			if aerr != nil {
				return nil, fmt.Errorf("%q is neither an address nor a range such as 10.20.0.0/16", s)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		p = p.Masked()
		for _, n := range never {
			if n.Overlaps(p) && n.Bits() <= p.Bits() {
				return nil, fmt.Errorf("%s can't be allowed: machines' own credentials are served there", s)
			}
		}
		ps = append(ps, p)
	}
	return ps, nil
}

// CheckURL reports why an address cannot be called: it must be absolute, with
// https, and without a user or password in it. The error does not repeat the
// address, which may hold a secret.
func CheckURL(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return fmt.Errorf("it is no address such as https://hooks.example.com/hallpass")
	case u.Scheme != "https":
		return fmt.Errorf("it does not begin with https://, and what is sent must not be readable on its way")
	case u.User != nil:
		return fmt.Errorf("it holds a user or a password; requests are signed with the key instead")
	case u.Fragment != "":
		return fmt.Errorf("it has a part after #, which is never sent")
	}
	return nil
}
