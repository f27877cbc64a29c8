package postgres

import (
	"net/netip"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// exposed reports whether a connection could be made to another machine
// without TLS. The modes of libpq that only prefer TLS count, "prefer" among
// them, which is the default: whoever stands in between turns it off.
func exposed(c *pgx.ConnConfig) bool {
	all := append([]*pgconn.FallbackConfig{{Host: c.Host, TLSConfig: c.TLSConfig}}, c.Fallbacks...)
	for _, f := range all {
		if f.TLSConfig == nil && !here(f.Host) {
			return true
		}
	}
	return false
}

// here reports whether a host is this machine.
func here(host string) bool {
	if strings.HasPrefix(host, "/") || host == "localhost" { // a socket's folder
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

const plainMend = "; add sslmode=verify-full (and sslrootcert=FILE for a certificate of your own), or say plain: true where the network is trusted"
