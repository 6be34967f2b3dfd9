use super::*;

#[test]
fn seconds_and_dates_are_read() {
    let now = httpdate::parse_http_date("Wed, 21 Oct 2026 07:28:00 GMT").unwrap();
    let read = |value| parse(value, now);
    assert_eq!(read("7"), Some(Duration::from_secs(7)));
    assert_eq!(read(" 0.5 "), Some(Duration::from_millis(500)));
    assert_eq!(read("Wed, 21 Oct 2026 07:28:30 GMT"), Some(Duration::from_secs(30)));
    assert_eq!(read("Wed, 21 Oct 2020 07:28:30 GMT"), Some(Duration::ZERO));
    assert_eq!(read("1e300"), Some(Duration::from_secs(366 * 86_400)));
    for noise in ["", "-1", "soon", "NaN", "inf"] {
        assert_eq!(read(noise), None, "{noise}");
    }
}
