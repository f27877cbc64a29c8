package outbound_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/connectors/outbound"
)

var sentAt = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func ExampleSign() {
	signature := outbound.Sign([]byte("key"), sentAt, []byte(`{"operation":"check"}`))
	fmt.Println(signature)
	fmt.Println(outbound.Verify([]byte("key"), signature, []byte(`{"operation":"grant"}`), sentAt, time.Minute))
	// Output:
	// t=1795338000,v1=64eb79248fe9c900c4de8472d42afe9a5588ac5446c4a232a083cdb7ffcb7a7e
	// the signature does not fit the body and the key
}

func TestOnlyTheSignatureOfThisBodyAtThisTimeVerifies(t *testing.T) {
	t.Parallel()
	key, body := []byte("key"), []byte("body")
	good := outbound.Sign(key, sentAt, body)
	for _, tc := range []struct {
		name, signature string
		key, body       string
		now             time.Time
		want            string
	}{
		{"as sent", good, "key", "body", sentAt, ""},
		{"a little later", good, "key", "body", sentAt.Add(5 * time.Minute), ""},
		{"replayed", good, "key", "body", sentAt.Add(5*time.Minute + time.Second), "clock"},
		{"from the future", good, "key", "body", sentAt.Add(-6 * time.Minute), "clock"},
		{"another key", good, "kez", "body", sentAt, "does not fit"},
		{"another body", good, "key", "bodz", sentAt, "does not fit"},
		{"another time", strings.Replace(good, "t=17", "t=18", 1), "key", "body", sentAt, "does not fit"},
		{"cut", good[:len(good)-2], "key", "body", sentAt, "does not fit"},
		{"none", "", "key", "body", sentAt, "form"},
		{"no number", "t=soon,v1=00", "key", "body", sentAt, "number"},
		{"no hex", "t=1,v1=zz", "key", "body", sentAt, "does not fit"},
	} {
		err := outbound.Verify([]byte(tc.key), tc.signature, []byte(tc.body), tc.now, 5*time.Minute)
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
		}
	}
}

func FuzzVerify(f *testing.F) {
	f.Add(outbound.Sign([]byte("key"), sentAt, []byte("body")), []byte("body"))
	f.Add("t=,v1=", []byte(""))
	f.Fuzz(func(t *testing.T, signature string, body []byte) {
		if outbound.Verify([]byte("key"), signature, body, sentAt, time.Hour) != nil {
			return
		}
		at, _, _ := strings.Cut(strings.TrimPrefix(signature, "t="), ",")
		var seconds int64
		if _, err := fmt.Sscan(at, &seconds); err != nil {
			t.Fatal(err)
		}
		if want := outbound.Sign([]byte("key"), time.Unix(seconds, 0), body); !strings.EqualFold(strings.TrimPrefix(signature, "t="+at), strings.TrimPrefix(want, fmt.Sprintf("t=%d", seconds))) {
			t.Errorf("%q verified, but the signature is %q", signature, want)
		}
	})
}
