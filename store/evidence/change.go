package evidence

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// texts are the files of each set of policies that is kept, by digest and name.
// A file that many sets share is held once.
type texts struct {
	sets map[string]map[string]string
	once map[string]string
}

// keep takes in a set as the database keeps it. One that cannot be read has no
// files: that shows where its decisions are computed again.
func (t *texts) keep(digest, pinned string) {
	var set struct {
		Files []struct{ Name, Text string } `json:"files"`
	}
	if json.Unmarshal([]byte(pinned), &set) != nil {
		return
	}
	if t.sets == nil {
		t.sets, t.once = map[string]map[string]string{}, map[string]string{}
	}
	files := map[string]string{}
	for _, f := range set.Files {
		if _, ok := t.once[f.Text]; !ok {
			t.once[f.Text] = f.Text
		}
		files[f.Name] = t.once[f.Text]
	}
	t.sets[digest] = files
}

// changesShown is how many changed lines are said in words; the texts have all.
const changesShown = 3

// change says in words what one set of policies has and another had not; empty
// when a text is not kept.
func (t *texts) change(from, to string) string {
	was, is := t.sets[from], t.sets[to]
	if was == nil || is == nil {
		return ""
	}
	names := maps.Clone(was)
	maps.Copy(names, is)
	var said []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if was[name] != is[name] {
			said = append(said, inFile(name, lines(was[name]), lines(is[name])))
		}
	}
	return strings.Join(said, " ")
}

// inFile says how the lines of one file changed.
func inFile(name string, was, is []string) string {
	gone, added := without(was, is), without(is, was)
	switch {
	case len(gone)+len(added) == 0:
		return name + " says the same in another order, or with other comments."
	case len(gone) == 1 && len(added) == 1:
		return fmt.Sprintf("In %s “%s” became “%s”.", name, gone[0], added[0])
	}
	words := fmt.Sprintf("In %s %s and %s", name, count(len(gone), "line went", "lines went"), count(len(added), "came", "came"))
	for i, line := range slices.Concat(gone, added) {
		if i == changesShown {
			return words + " …"
		}
		mark := "+"
		if i < len(gone) {
			mark = "−"
		}
		words += fmt.Sprintf("%s %s “%s”", map[bool]string{true: ":", false: ","}[i == 0], mark, line)
	}
	return words + "."
}

// lines are what a text of policies says, without comments and blanks.
func lines(text string) (all []string) {
	for line := range strings.Lines(text) {
		if line = strings.Join(strings.Fields(line), " "); line != "" && !strings.HasPrefix(line, "//") {
			all = append(all, line)
		}
	}
	return all
}

// without are the lines of one text that another has fewer of, in order.
func without(these, those []string) (left []string) {
	have := map[string]int{}
	for _, line := range those {
		have[line]++
	}
	for _, line := range these {
		if have[line]--; have[line] < 0 {
			left = append(left, line)
		}
	}
	return left
}
