package outbound

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// SignatureHeader carries the signature of a call.
const SignatureHeader = "Hallpass-Signature"

// Sign is the signature of a body sent at a time: "t=SECONDS,v1=HEX", where HEX
// is the HMAC-SHA256 under the key over the seconds, a dot, and the body. The
// time is inside, so that an old call cannot be sent again as a new one.
func Sign(key []byte, at time.Time, body []byte) string {
	t := strconv.FormatInt(at.Unix(), 10)
	return "t=" + t + ",v1=" + hex.EncodeToString(mac(key, t, body))
}

func mac(key []byte, t string, body []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(t + "."))
	h.Write(body)
	return h.Sum(nil)
}

// Verify reports why a signature is not one that Sign made of this body at
// most tolerance from now. It is what a receiver does; in another language it
// is the same ten lines.
func Verify(key []byte, signature string, body []byte, now time.Time, tolerance time.Duration) error {
	t, v, ok := strings.Cut(signature, ",")
	seconds, tok := strings.CutPrefix(t, "t=")
	sum, vok := strings.CutPrefix(v, "v1=")
	if !ok || !tok || !vok {
		return errors.New("the signature is not of the form t=SECONDS,v1=HEX")
	}
	at, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return errors.New("the signature's time is no number")
	}
	got, err := hex.DecodeString(sum)
	if err != nil || !hmac.Equal(got, mac(key, seconds, body)) {
		return errors.New("the signature does not fit the body and the key")
	}
	if off := now.Sub(time.Unix(at, 0)).Abs(); off > tolerance {
		return fmt.Errorf("the signature is %s off this machine's clock", off.Round(time.Second))
	}
	return nil
}
