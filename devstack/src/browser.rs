//! Headless Chromium, controlled through its driver (the `WebDriver` protocol).

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::{Method, Request};
use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::{Duration, Instant, sleep};

use crate::free_port::free_port;
use crate::http::{full, send};
use crate::process::Process;
use crate::python::{Environment, Packages};
use crate::{background, scratch};

pub(crate) const AXE: Packages = Packages { name: "axe", requirements: include_str!("../python/axe.txt") };
const PATIENCE: Duration = Duration::from_secs(30);
/// The key of an element's id in `WebDriver`.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser with one window. Dropping it stops the browser.
#[derive(Debug)]
pub struct Browser {
    authority: String,
    session: String,
    _driver: Process,
    _folder: TempDir,
}

impl Browser {
    /// Returns whether Chromium and its driver are installed.
    pub fn is_installed() -> bool {
        find(&["chromedriver"]).is_some() && binary().is_some()
    }

    /// Starts the driver and the browser.
    ///
    /// # Errors
    /// Fails if one of them is missing or does not start.
    pub async fn start() -> Result<Self> {
        let driver = find(&["chromedriver"]);
        let driver = driver.context("chromedriver is missing: apt-get install chromium-driver")?;
        let binary = binary().context("Chromium is missing: apt-get install chromium")?;
        let folder = scratch::folder("browser")?;
        let port = free_port()?;
        let mut command = Command::new(driver);
        command.arg(format!("--port={port}")).env("HOME", folder.path()).env("TMPDIR", folder.path());
        let driver = Process::start(&mut command, Signal::TERM)?;
        let authority = format!("127.0.0.1:{port}");
        let profile = format!("--user-data-dir={}", folder.path().join("profile").display());
        let arguments =
            ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"];
        let arguments: Vec<&str> = arguments.into_iter().chain([profile.as_str()]).collect();
        let capabilities = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": {"binary": binary, "args": arguments},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }}});
        let until = Instant::now() + PATIENCE;
        let session = loop {
            match call(&authority, Method::POST, "/session", &capabilities).await {
                Ok(session) => break session,
                Err(error) if Instant::now() > until || driver.has_exited() => return Err(error),
                Err(_) => sleep(Duration::from_millis(100)).await,
            }
        };
        let session = session["sessionId"].as_str().context("the driver gives no session")?.to_owned();
        Ok(Self { authority, session, _driver: driver, _folder: folder })
    }

    /// Opens a page and waits until it is loaded.
    ///
    /// # Errors
    /// Fails if the driver returns an error.
    pub async fn open(&self, url: &str) -> Result<()> {
        self.post("url", &json!({"url": url})).await.map(drop)
    }

    /// Sets the width of the window and the colour scheme.
    ///
    /// # Errors
    /// Fails if the driver returns an error.
    pub async fn show(&self, width: u32, dark: bool) -> Result<()> {
        let scheme = if dark { "dark" } else { "light" };
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.devtools("Emulation.setEmulatedMedia", json!({"features": features})).await?;
        let metrics = json!({"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": width < 500});
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await.map(drop)
    }

    /// Sends a command of the `DevTools` protocol.
    ///
    /// # Errors
    /// Fails if the driver returns an error.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Result<Value> {
        self.post("goog/cdp/execute", &json!({"cmd": command, "params": parameters})).await
    }

    /// Runs a function's body in the page and returns its result.
    ///
    /// # Errors
    /// Fails if the script throws an error.
    pub async fn run(&self, script: &str) -> Result<Value> {
        self.post("execute/sync", &json!({"script": script, "args": []})).await
    }

    /// Clicks the first element of a CSS selector, as with a mouse.
    ///
    /// # Errors
    /// Fails if there is no such element, or another one covers it.
    pub async fn click(&self, selector: &str) -> Result<()> {
        let scroll =
            "document.querySelector(arguments[0]).scrollIntoView({block: 'center', behavior: 'instant'})";
        self.post("execute/sync", &json!({"script": scroll, "args": [selector]})).await?;
        let element = self.element(selector).await?;
        self.post(&format!("element/{element}/click"), &json!({})).await.map(drop)
    }

    /// Types into the element that has the focus. `\u{E007}` is Enter, `\u{E004}` Tab, `\u{E00C}` Escape.
    ///
    /// # Errors
    /// Fails if the driver returns an error.
    pub async fn press(&self, keys: &str) -> Result<()> {
        let actions: Vec<Value> = keys
            .chars()
            .flat_map(|key| {
                [json!({"type": "keyDown", "value": key}), json!({"type": "keyUp", "value": key})]
            })
            .collect();
        let keyboard = json!({"type": "key", "id": "keyboard", "actions": actions});
        self.post("actions", &json!({"actions": [keyboard]})).await.map(drop)
    }

    /// Returns what the browser has logged since the last call. The kind is `browser` for the console, or
    /// `performance` for the events of `DevTools`.
    ///
    /// # Errors
    /// Fails if the driver returns an error.
    pub async fn log(&self, kind: &str) -> Result<Vec<Value>> {
        let log = self.post("se/log", &json!({"type": kind})).await?;
        Ok(log.as_array().cloned().unwrap_or_default())
    }

    /// Returns the URLs of all requests since the log was last read.
    ///
    /// # Errors
    /// Fails if the driver returns an error.
    pub async fn requests(&self) -> Result<Vec<String>> {
        let events = self.log("performance").await?;
        let events =
            events.iter().filter_map(|event| serde_json::from_str::<Value>(event["message"].as_str()?).ok());
        let sent = events.filter(|event| event["message"]["method"] == "Network.requestWillBeSent");
        Ok(sent
            .filter_map(|event| event["message"]["params"]["request"]["url"].as_str().map(str::to_owned))
            .collect())
    }

    /// Returns a screenshot of the whole page as PNG, with a height of at most `most` pixels.
    ///
    /// # Errors
    /// Fails if the driver returns an error.
    pub async fn screenshot(&self, most: u32) -> Result<Vec<u8>> {
        let size =
            self.run("const e = document.documentElement; return [e.clientWidth, e.scrollHeight]").await?;
        let height = size[1].as_u64().unwrap_or(0).min(most.into());
        let clip = json!({"x": 0, "y": 0, "width": size[0], "height": height, "scale": 1});
        let parameters = json!({"format": "png", "captureBeyondViewport": true, "clip": clip});
        let picture = self.devtools("Page.captureScreenshot", parameters).await?;
        Ok(STANDARD.decode(picture["data"].as_str().unwrap_or_default())?)
    }

    /// Returns the violations that axe-core finds in the page, each as `{id, impact, nodes}`.
    ///
    /// # Errors
    /// Fails if axe-core cannot be installed or the driver returns an error.
    pub async fn axe(&self) -> Result<Vec<Value>> {
        let script = background::blocking(axe).await?;
        // The page's policy does not apply to scripts of the driver.
        let body = json!({"script": format!(
            "{script}; const done = arguments[arguments.length - 1]; axe.run().then(found => done(found.violations))"
        ), "args": []});
        let found = self.post("execute/async", &body).await?;
        found.as_array().cloned().ok_or_else(|| anyhow!("axe says {found}"))
    }

    async fn element(&self, selector: &str) -> Result<String> {
        let found = self.post("element", &json!({"using": "css selector", "value": selector})).await?;
        Ok(found[ELEMENT].as_str().context("no element")?.to_owned())
    }

    async fn post(&self, command: &str, body: &Value) -> Result<Value> {
        let path = format!("/session/{}/{command}", self.session);
        call(&self.authority, Method::POST, &path, body).await.with_context(|| command.to_owned())
    }
}

async fn call(authority: &str, method: Method, path: &str, body: &Value) -> Result<Value> {
    let request = Request::builder().method(method).uri(path).header("Content-Type", "application/json");
    let answer = send(authority, request.body(full(body.to_string()))?).await?;
    let json: Value = serde_json::from_slice(&answer.body).with_context(|| answer.text())?;
    if answer.status != 200 {
        bail!("{}: {}", json["value"]["error"], json["value"]["message"]);
    }
    Ok(json["value"].clone())
}

fn axe() -> Result<String> {
    let lib = Environment::of(AXE)?.folder().join("venv/lib");
    let versions = fs::read_dir(&lib).with_context(|| format!("cannot read {}", lib.display()))?;
    let files = versions
        .flatten()
        .map(|version| version.path().join("site-packages/axe_playwright_python/axe.min.js"));
    let file = files.into_iter().find(|file| file.exists()).context("the package has no axe.min.js")?;
    Ok(fs::read_to_string(file)?)
}

fn binary() -> Option<PathBuf> {
    find(&["chromium", "google-chrome", "chromium-browser"])
}

fn find(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|file| file.is_file())
}
