// Runs socket.io-client 0.7 and 0.8 as npm installs them, on what they need of a Node.js of 2011.
"use strict";

require("./node2011");
require("./nine");
