"""Entities in DynamoDB: durable the moment a step is told of, for as many machines as there are."""
