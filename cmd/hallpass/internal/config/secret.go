package config

import (
	"os"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Secret is a reference to a secret: env:NAME or file:PATH. The reference may
// be shown; what it refers to never is.
type Secret string

func (s Secret) reference() bool {
	return strings.HasPrefix(string(s), "env:") || strings.HasPrefix(string(s), "file:")
}

// Value reads the secret, without surrounding white space. An environment
// variable that is not set is an empty secret; a file that cannot be read is
// an error.
func (c Config) Value(s Secret) (string, error) {
	if name, ok := strings.CutPrefix(string(s), "env:"); ok {
		return strings.TrimSpace(os.Getenv(name)), nil
	}
	path, ok := strings.CutPrefix(string(s), "file:")
	if !ok {
		return "", nil
	}
	data, err := os.ReadFile(c.Path(path))
	if err != nil {
		return "", approvals.Problems{{File: c.Path(path), What: "the secret that hallpass.yaml refers to cannot be read", Mend: "create the file, readable by hallpass alone"}}
	}
	return strings.TrimSpace(string(data)), nil
}
