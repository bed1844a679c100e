"""The recipe that trains the bundled nano model: corpus, tokenizer, network, export and measurement."""
