package forward

import "syscall"

// userTimeout is the option for how long the kernel waits for what it wrote to
// be acknowledged. Source: tcp(7), TCP_USER_TIMEOUT; linux/tcp.h.
const userTimeout = 18

// giveUp has a connection break when what was written is not acknowledged by
// the other machine for a while.
func giveUp(_, _ string, c syscall.RawConn) (err error) {
	failed := c.Control(func(fd uintptr) {
		err = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, userTimeout, int(2*quiet.Milliseconds()))
	})
	if failed != nil {
		return failed
	}
	return err
}
