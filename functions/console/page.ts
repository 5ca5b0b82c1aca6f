/** The page at `/`, as one text. */
export default `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Chorus</title>
<h1>Chorus</h1>
<p>This is a Chorus backend. It is running.</p>
</html>
`;
