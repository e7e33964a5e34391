//! Sections of the documentation that tests check, between `<!-- name: begin -->` and `<!-- name: end -->`.
//! `UPDATE_DOCS=1` rewrites them.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

pub struct Section {
    file: &'static str,
    name: &'static str,
}

impl Section {
    pub const fn new(file: &'static str, name: &'static str) -> Self {
        Self { file, name }
    }

    /// Returns the text of the section.
    pub fn text(&self) -> String {
        let file = self.read();
        self.around(&file).1.trim_matches('\n').to_owned()
    }

    /// Replaces the text of the section if `UPDATE_DOCS` is set.
    pub fn update(&self, text: &str) {
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        if std::env::var_os("UPDATE_DOCS").is_some() {
            let _guard = ONE_AT_A_TIME.lock();
            let file = self.read();
            let (before, _, after) = self.around(&file);
            std::fs::write(self.path(), format!("{before}\n{}\n\n{after}", text.trim_matches('\n')))
                .expect("documentation");
        }
    }

    /// Returns the text before the section, the section, and the text after it.
    fn around<'a>(&self, file: &'a str) -> (&'a str, &'a str, &'a str) {
        let begin = format!("<!-- {}: begin -->\n", self.name);
        let end = format!("<!-- {}: end -->", self.name);
        let begin = file.find(&begin).expect("where the section begins") + begin.len();
        let end = file.find(&end).expect("where the section ends");
        (&file[..begin], &file[begin..end], &file[end..])
    }

    fn path(&self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join(self.file)
    }

    fn read(&self) -> String {
        std::fs::read_to_string(self.path()).expect("documentation")
    }
}
