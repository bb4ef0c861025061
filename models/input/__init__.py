"""Reading machinery: YAML with places, patches of documents, problems and where they are."""
