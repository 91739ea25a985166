"""What pydantic's validators take, as languages and schemas: the parts of `bltgen.integrations.pydantic`."""
