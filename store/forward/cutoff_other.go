//go:build !linux

package forward

import "syscall"

// giveUp leaves it to the system how long a machine that is cut off can look as
// if it were there.
func giveUp(string, string, syscall.RawConn) error { return nil }
