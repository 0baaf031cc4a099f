//! The page as a router of axum.

use std::sync::Arc;

use axum::{Router, response::IntoResponse, routing::get};

use crate::{Documents, Page};

/// A router that answers `GET /` with the page. The server that merges it adds the documents, which are below `/api/v1/`.
///
/// The page must be readable without a token, because it asks for the token. It contains no data.
pub fn router(documents: impl IntoIterator<Item = Documents>) -> Router {
    let page = Arc::new(Page::new(documents));
    Router::new().route("/", get(move || std::future::ready(response(&page))))
}

fn response(page: &Page) -> impl IntoResponse + use<> {
    (page.headers().map(|(name, value)| (name, value.to_owned())), page.body().to_owned())
}

#[cfg(test)]
mod tests {
    use axum::{
        body::{Body, to_bytes},
        http::{Request, StatusCode},
    };
    use tower_service::Service as _;

    use super::*;

    #[tokio::test]
    async fn the_router_answers_with_the_page_and_its_policy() {
        let mut router = router([Documents::Report]);

        let response = router.call(Request::get("/").body(Body::empty()).unwrap()).await.unwrap();

        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
        let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("default-src 'none'; script-src 'sha256-"), "{policy}");
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        assert_eq!(body, Page::new([Documents::Report]).body());
    }
}
