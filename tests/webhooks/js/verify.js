// Reads {secret, headers, body} from standard input; prints "verified", or why not.
const { Webhook } = require("standardwebhooks");

const { secret, headers, body } = JSON.parse(require("fs").readFileSync(0, "utf8"));
try {
  new Webhook(secret).verify(body, headers);
  console.log("verified");
} catch (error) {
  console.log(error.message);
}
