package prompts

import (
	"regexp"
	"strings"
)

var (
	word = regexp.MustCompile(`[A-Za-z']+`)
	// foreign are the commonest words of languages that ASCII can write and
	// English does not share. In them a verdict or advice would not be noticed.
	foreign = regexp.MustCompile(`(?i)\b(der|das|ist|und|nicht|ein|eine|diese[rsnm]?|bitte|mit|wird|auf|le|les|est|une|du|et|cette|avec|pour|el|los|las|una|esta|este|con|por|que|para|il|che|questa|della|di|een|het|niet|deze|och|att|inte|detta|som|ja|nie|jest|este|um|uma|nao)\b`)
	// english are words that hold English sentences together.
	english = wordSet(`a about above across after against all almost alone along also although an and any approved are area around as at be because been before
		below between both but by can carried carries combined come comes compared count counts despite did do does down drive driven drives due each
		earlier even every factor factors few for from further given had has have heaviest held here high higher hold holders holding holds how
		however in is it its itself just kind known largest length less likewise low lower lowered lowering lowers main mainly mostly much nearly no none nor not nothing of
		off offset on one only or other others out over overall own part partly people person point points pull pulled pulls push pushes raise raised
		raises raising rate reduce reduces requests risk same scale score scored scores sensitivity several share since slightly small smaller so some stand
		stands such sum takes teammates than that the their them then there these they this those though through time to together toward towards
		under up upward was were what when where whereas which while who with within without work would`)
)

func wordSet(list string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(list) {
		set[w] = true
	}
	return set
}

// checkLanguage refuses what is not English, since no other check could read
// it, and what repeats the rules that the model was given.
func checkLanguage(text, given, rules string) error {
	if foreign.MatchString(text) {
		return unmatched("is not in English")
	}
	words := word.FindAllString(strings.ToLower(text), -1)
	const run = 5
	said := " " + strings.Join(word.FindAllString(strings.ToLower(rules), -1), " ") + " "
	for i := 0; i+run <= len(words); i++ {
		if strings.Contains(said, " "+strings.Join(words[i:i+run], " ")+" ") {
			return unmatched("repeats the rules that it was given")
		}
	}
	known := wordSet(strings.Join(word.FindAllString(strings.ToLower(given), -1), " "))
	familiar := 0
	for _, w := range words {
		if english[w] || known[w] {
			familiar++
		}
	}
	if familiar*10 < len(words)*6 {
		return unmatched("is not in plain English about what it was given")
	}
	return nil
}

// rules is the part of the system's text that tells how to write; what comes
// before it explains the input, and may be repeated.
func (t *template) rules() string {
	_, rules, _ := strings.Cut(t.system, "\n")
	return rules
}
