#[test]
fn constants_are_replaced_and_the_rest_is_kept() {
    for (json, replaced) in [
        ("NaN", "[] "),
        ("[-Infinity,Infinity,NaN]", "[ []      ,[]      ,[] ]"),
        (r#"{"NaN":"-Infinity \" NaN","é":NaN}"#, r#"{"NaN":"-Infinity \" NaN","é":[] }"#),
        (r#"["\\",NaN,"Inf"#, r#"["\\",[] ,"Inf"#),
        ("[1,No,Inf,-NaN]", "[1,No,Inf,-[] ]"),
    ] {
        assert_eq!(super::replaced(json.to_owned()), replaced);
    }
}
