/** On every container that a test starts: what a killed run left is found by it. */
export const SERVER_LABEL = "dev.qi-learning.test-server";
