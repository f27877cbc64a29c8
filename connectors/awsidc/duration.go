package awsidc

import (
	"regexp"
	"strconv"
	"time"
)

// iso8601 is the part of ISO 8601 durations that session durations use, such
// as PT8H and PT1H30M.
var iso8601 = regexp.MustCompile(`^PT(?:(\d{1,3})H)?(?:(\d{1,4})M)?(?:(\d{1,6})S)?$`)

// sessionDuration reads a permission set's session duration. What can't be
// read, or is longer than AWS allows, is taken for the longest there is; AWS's
// default is an hour.
func sessionDuration(s string) time.Duration {
	if s == "" {
		return time.Hour
	}
	m := iso8601.FindStringSubmatch(s)
	if m == nil {
		return longest
	}
	var d time.Duration
	for i, unit := range []time.Duration{time.Hour, time.Minute, time.Second} {
		n, _ := strconv.Atoi(m[i+1])
		d += time.Duration(n) * unit
	}
	if d <= 0 || d > longest {
		return longest
	}
	return d
}
