//! The mistakes in an object, collected so that one response names them all.

/// The maximum number of mistakes in one response.
const MOST: usize = 20;

/// The mistakes found so far, one sentence each.
#[derive(Debug, Default)]
pub(crate) struct Mistakes {
    sentences: Vec<String>,
    beyond: usize,
}

impl Mistakes {
    /// Adds a sentence, which must not contain the value of a query, a parameter or an external id.
    pub fn add(&mut self, sentence: impl Into<String>) {
        self.add_with(|| sentence.into());
    }

    /// Adds a sentence that is built only if it will be shown.
    pub fn add_with(&mut self, sentence: impl FnOnce() -> String) {
        if self.sentences.len() < MOST {
            self.sentences.push(sentence());
        } else {
            self.beyond += 1;
        }
    }

    pub fn is_empty(&self) -> bool {
        self.sentences.is_empty()
    }

    /// Fails with all mistakes in one text, if there are any.
    pub fn check(self) -> Result<(), String> {
        if self.is_empty() { Ok(()) } else { Err(self.into_text()) }
    }

    /// Returns all mistakes in one text.
    pub fn into_text(mut self) -> String {
        if self.beyond > 0 {
            self.sentences.push(format!("There are {} more mistakes.", self.beyond));
        }
        self.sentences.join(" ")
    }
}

/// Returns the word of `known` that is most similar to `word`, if any is similar enough.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Longer words resemble none, and the cost of a comparison is the product of the lengths.
    const LONGEST: usize = 64;
    if word.len() > LONGEST {
        return None;
    }
    let plain = |text: &str| text.replace(['_', '-', ' '], "").to_lowercase();
    let word = plain(word);
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&word, &plain(candidate)), candidate))
        .filter(|&(distance, candidate)| distance <= (candidate.len() / 3).clamp(1, 3))
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}
