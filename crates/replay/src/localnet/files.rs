//! Files of a built web page.

use std::path::{Component, Path, PathBuf};

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

/// The file of a request's path; the page itself for paths without an extension, which are the page's own.
pub async fn serve(folder: &Path, path: &str) -> Response {
    let Some(inside) = inside(path) else {
        return (StatusCode::NOT_FOUND, "no such file").into_response();
    };
    let is_page = inside.extension().is_none();
    let file = if is_page { folder.join("index.html") } else { folder.join(&inside) };
    match tokio::fs::read(&file).await {
        Ok(bytes) => {
            ([(header::CONTENT_TYPE, kind(&file)), (header::CACHE_CONTROL, "no-cache")], bytes).into_response()
        }
        Err(_) => (StatusCode::NOT_FOUND, format!("no such file: {path}")).into_response(),
    }
}

/// A path that stays in its folder, whatever was asked.
fn inside(path: &str) -> Option<PathBuf> {
    let path = PathBuf::from(path.trim_start_matches('/'));
    let stays = path.components().all(|part| matches!(part, Component::Normal(_)));
    stays.then_some(path)
}

fn kind(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "map" | "webmanifest") => "application/json",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leaves_the_folder() {
        assert_eq!(inside("/assets/a.js"), Some(PathBuf::from("assets/a.js")));
        assert_eq!(inside("/"), Some(PathBuf::new()));
        for bad in ["/../x", "/a/../../x", "/./../x", "/..", "a/.."] {
            assert_eq!(inside(bad), None, "{bad}");
        }
        assert_eq!(inside("//etc/passwd"), Some(PathBuf::from("etc/passwd")));
    }
}
