package postgres

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hallpass-dev/hallpass/approvals"
)

// maxName is the longest name in bytes. The server cuts longer ones off
// without an error, which could turn one person's login into another's.
const maxName = 63

// target is a catalogue entry's target, decoded.
type target struct {
	role     string
	database string
	create   bool
}

func decodeTarget(m map[string]string) (target, error) {
	t := target{role: m["role"], database: m["database"]}
	for key := range m {
		if key != "role" && key != "database" && key != "create_login" {
			return target{}, fail(approvals.Misconfigured, nil, "The target has an unknown key %q; it takes role, database and create_login.", key)
		}
	}
	switch m["create_login"] {
	case "", "false":
	case "true":
		t.create = true
	default:
		return target{}, fail(approvals.Misconfigured, nil, `The target's create_login is %q; it takes "true" or "false".`, m["create_login"])
	}
	if err := checkName("role", t.role); err != nil {
		return target{}, err
	}
	if t.database != "" {
		if err := checkName("database", t.database); err != nil {
			return target{}, err
		}
	}
	return t, nil
}

// checkName refuses what cannot be a name, or would be another's once the
// server has cut it off or the driver has cleaned it.
func checkName(what, name string) error {
	switch {
	case name == "":
		return fail(approvals.Misconfigured, nil, "There is no %s; name one.", what)
	case len(name) > maxName:
		return fail(approvals.Permanent, nil, "The %s name %.20q… is %d bytes long; PostgreSQL takes %d.", what, name, len(name), maxName)
	case !utf8.ValidString(name) || strings.ContainsRune(name, 0):
		return fail(approvals.Permanent, nil, "The %s name %q holds characters that PostgreSQL does not take.", what, name)
	case what != "database" && slices.Contains([]string{"public", "none"}, name):
		return fail(approvals.Permanent, nil, "The name %q is reserved in PostgreSQL; it can't be a %s.", name, what)
	}
	return nil
}

// login is the name under which an account signs in.
func (c *Connector) login(account string) (string, error) {
	login := account
	if i := strings.LastIndexByte(account, '@'); i >= 0 && c.cfg.Domain != "" && strings.EqualFold(account[i+1:], c.cfg.Domain) {
		login = account[:i]
	}
	if err := checkName("login", login); err != nil {
		return "", err
	}
	if strings.HasPrefix(login, "pg_") {
		return "", fail(approvals.Permanent, nil, "The login %q is PostgreSQL's own; it is nobody's account.", login)
	}
	return login, nil
}

// account is the inverse of login.
func (c *Connector) account(login string) string {
	if c.cfg.Domain == "" || strings.ContainsRune(login, '@') {
		return login
	}
	return login + "@" + c.cfg.Domain
}

// place says which membership a grant is about: what its receipt says was
// done, else what its account and target ask for.
func (c *Connector) place(g approvals.Grant, r approvals.Receipt) (membership, error) {
	if r[receiptLogin] != "" {
		return membership{login: r[receiptLogin], role: r[receiptRole]}, nil
	}
	t, err := decodeTarget(g.Target)
	if err != nil {
		return membership{}, err
	}
	login, err := c.login(g.Account)
	return membership{login: login, role: t.role}, err
}

// Holding is the role, of the login that the account stands for: database and
// create_login say how it is given, not what is held.
func (c *Connector) Holding(account string, m map[string]string) (name string, ok bool) {
	t, err := decodeTarget(m)
	if err != nil {
		return "", false
	}
	login := ""
	if account != "" {
		if login, err = c.login(account); err != nil {
			return "", false
		}
	}
	return t.role + "\x00" + login, true
}

// The keys of a receipt.
const (
	receiptLogin   = "login"
	receiptRole    = "role"
	receiptOID     = "login_oid" // finds sessions of a login that is gone
	receiptCreated = "created"   // "true": the login was made for this grant
)

func fail(kind approvals.FailureKind, err error, format string, args ...any) *approvals.ConnectorError {
	return &approvals.ConnectorError{Kind: kind, Message: fmt.Sprintf(format, args...), Err: err}
}
