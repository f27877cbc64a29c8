package outbound

import (
	"net/netip"
	"strings"
	"testing"
)

func TestReachableAddresses(t *testing.T) {
	t.Parallel()
	lan, err := ParsePrivate([]string{"10.20.0.0/16", "127.0.0.1", "fd12:3456::/32"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		addr          string
		open, allowed bool // with nothing allowed, and with lan
	}{
		{"93.184.216.34", true, true},
		{"2606:2800:220:1::1", true, true},
		{"10.20.3.4", false, true},
		{"10.21.3.4", false, false},
		{"127.0.0.1", false, true},
		{"127.0.0.2", false, false},
		{"::1", false, false},
		{"::ffff:127.0.0.1", false, true},
		{"::ffff:10.21.0.1", false, false},
		{"::ffff:93.184.216.34", true, true},
		{"169.254.169.254", false, false},
		{"::ffff:169.254.169.254", false, false},
		{"64:ff9b::a9fe:a9fe", false, false}, // the metadata address through NAT64
		{"2002:a9fe:a9fe::1", false, false},  // and through 6to4
		{"fd00:ec2::254", false, false},
		{"fd12:3456::9", false, true},
		{"fe80::1%eth0", false, false},
		{"100.64.0.1", false, false},
		{"192.168.1.1", false, false},
		{"172.31.255.255", false, false},
		{"172.32.0.1", true, true},
		{"0.0.0.0", false, false},
		{"::", false, false},
		{"224.0.0.1", false, false},
		{"255.255.255.255", false, false},
		{"198.18.0.1", false, false},
	} {
		a := netip.MustParseAddr(tc.addr)
		if got := reachable(a, nil); got != tc.open {
			t.Errorf("%s with nothing allowed: %v, want %v", a, got, tc.open)
		}
		if got := reachable(a, lan); got != tc.allowed {
			t.Errorf("%s with the private ranges: %v, want %v", a, got, tc.allowed)
		}
	}
	if reachable(netip.Addr{}, nil) {
		t.Error("the zero address is reachable")
	}
}

func TestAcceptance29AllEverywhereAllowedStillSparesMachineCredentials(t *testing.T) {
	t.Parallel()
	all, err := ParsePrivate([]string{"0.0.0.0/0", "::/0"})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []string{"169.254.169.254", "fe80::1", "fd00:ec2::254", "::ffff:169.254.170.2"} {
		if reachable(netip.MustParseAddr(a), all) {
			t.Errorf("%s is reachable", a)
		}
	}
}

func TestPrivateRangesThatAreWrongAreNamed(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ in, want string }{
		{"10.0.0.0/33", `"10.0.0.0/33"`},
		{"intranet", `"intranet"`},
		{"169.254.169.254", "169.254.169.254 can't be allowed"},
		{"169.254.0.0/16", "can't be allowed"},
		{"fe80::/64", "can't be allowed"},
	} {
		if _, err := ParsePrivate([]string{"10.0.0.0/8", tc.in}); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want an error with %s", tc.in, err, tc.want)
		}
	}
}

func TestAddressesThatCannotBeCalled(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ url, want string }{
		{"https://hooks.example.com/x?y=1", ""},
		{"https://hooks.example.com:8443/x", ""},
		{"http://hooks.example.com/x", "https"},
		{"hooks.example.com", "no address"},
		{"https://", "no address"},
		{"https://:443/", "no address"},
		{"https://user:hunter2@hooks.example.com", "password"},
		{"https://hooks.example.com/#part", "after #"},
		{"file:///etc/passwd", "no address"},
		{"gopher://h/x", "https"},
		{"https://%zz/", "no address"},
	} {
		err := CheckURL(tc.url)
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", tc.url, err, tc.want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error shows a password: %v", err)
		}
	}
}
