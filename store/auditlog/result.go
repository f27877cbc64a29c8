package auditlog

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// resultKind is the kind of the event that a review's signed result stands in.
const resultKind = "review.closed"

// ResultHead begins the text of a review's result: its first line, and which
// review it is of. A checkpoint and a folder's note begin otherwise, so that
// none can stand for another.
func ResultHead(review string) string { return "hallpass review result 1\nreview " + review + ", " }

// ReviewsFile is where a signed folder has its reviews, one a line.
const ReviewsFile = "reviews.jsonl"

// CheckResult gives the name of the key that signed a review's result. The error
// says what is wrong with it: unsigned, signed by a key that is not trusted,
// changed since, or that of another review.
func CheckResult(review, result string, keys note.Verifiers) (by string, err error) {
	n, err := note.Open([]byte(result), keys)
	switch {
	case err != nil:
		return "", fmt.Errorf("the result of the review %s is not signed by a key that is trusted", review)
	case !strings.HasPrefix(n.Text, ResultHead(review)):
		return "", fmt.Errorf("the result is not that of the review %s", review)
	}
	return n.Sigs[0].Name, nil
}

// checkClosed looks at the result in the detail of an event that closed a review.
func checkClosed(detail []byte, keys note.Verifiers) error {
	var said map[string]any // a struct would take names in another case as well
	if json.Unmarshal(detail, &said) != nil {
		return errors.New("the review that was closed has no result")
	}
	text := func(name string) string { s, _ := said[name].(string); return s }
	review, result := text("campaign"), text("result")
	if _, err := CheckResult(review, result, keys); err != nil {
		return err
	}
	signed := result[:strings.LastIndex(result, "\n\n")+1] // it is a signed note
	if sum := sha256.Sum256([]byte(signed)); hex.EncodeToString(sum[:]) != text("digest") {
		return fmt.Errorf("the result of the review %s is not the one that the event's digest is of", review)
	}
	return nil
}

// verifyReviews looks at the results of the closed reviews in a signed folder.
func verifyReviews(dir string, keys note.Verifiers) (wrong []FileFinding) {
	type review struct{ ID, State, Result string }
	reviews, err := readLines[review](dir, ReviewsFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // a folder need not have any; one that was taken away is missed by the manifest
	}
	if err != nil {
		return []FileFinding{{ReviewsFile, "a line of it cannot be read"}}
	}
	for _, r := range reviews {
		if r.State != "closed" {
			continue
		}
		if _, err := CheckResult(r.ID, r.Result, keys); err != nil {
			wrong = append(wrong, FileFinding{ReviewsFile, err.Error()})
		}
	}
	return wrong
}
