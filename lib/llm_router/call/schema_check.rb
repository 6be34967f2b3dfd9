# frozen_string_literal: true

class LlmRouter
  # Checks a JSON Schema before an answer is bought for it: json_schemer finds most faults only as it validates.
  # @api private
  class SchemaCheck
    ANY = { "$ref" => "#/definitions/schema" }.freeze
    ALL = { "type" => "array", "minItems" => 1, "items" => ANY }.freeze
    NAMED = { "type" => "object", "additionalProperties" => ANY }.freeze
    COUNT = { "type" => "integer", "minimum" => 0 }.freeze
    NUMBER = { "type" => "number" }.freeze
    TEXT = { "type" => "string" }.freeze
    TEXTS = { "type" => "array", "items" => TEXT }.freeze
    TYPE = { "enum" => %w[null boolean number integer string array object] }.freeze
    # What each keyword must be: the part of a metaschema in which people err.
    KEYWORDS = {
      "type" => { "anyOf" => [TYPE, { "type" => "array", "minItems" => 1, "items" => TYPE }] },
      "properties" => NAMED, "patternProperties" => NAMED, "definitions" => NAMED, "$defs" => NAMED,
      "items" => { "anyOf" => [ANY, ALL] }, "prefixItems" => ALL, "allOf" => ALL, "anyOf" => ALL, "oneOf" => ALL,
      "required" => TEXTS, "enum" => { "type" => "array" },
      "multipleOf" => { "type" => "number", "exclusiveMinimum" => 0 },
      "minimum" => NUMBER, "maximum" => NUMBER, "exclusiveMinimum" => { "type" => %w[number boolean] },
      "exclusiveMaximum" => { "type" => %w[number boolean] }, "pattern" => TEXT, "format" => TEXT, "$ref" => TEXT,
      "uniqueItems" => { "type" => "boolean" },
      **%w[minLength maxLength minItems maxItems minProperties maxProperties].to_h { |name| [name, COUNT] },
      **%w[not if then else additionalProperties additionalItems contains propertyNames].to_h { |name| [name, ANY] }
    }.freeze
    META = { "$schema" => "http://json-schema.org/draft-07/schema#", "allOf" => [ANY],
             "definitions" => { "schema" => { "type" => %w[object boolean], "properties" => KEYWORDS } } }.freeze
    OF_TEXTS = %w[pattern contentEncoding contentMediaType].freeze
    # Not schemas, although they may look like some.
    VALUES = %w[enum const default examples].freeze
    OTHERS = %w[$schema $id id $anchor $comment $dynamicRef $recursiveRef $vocabulary title description const default
                examples deprecated readOnly writeOnly contentEncoding contentMediaType contentSchema dependencies
                dependentRequired dependentSchemas unevaluatedItems unevaluatedProperties minContains
                maxContains].freeze
    private_constant :ANY, :ALL, :NAMED, :COUNT, :NUMBER, :TEXT, :TEXTS, :TYPE, :KEYWORDS, :META, :OF_TEXTS, :OTHERS

    # @param schema [Object] plain JSON
    # @param place [String] for errors
    def initialize(schema, place)
      @schema = schema
      @place = place
    end

    # @param references [SchemaReferences]
    # @raise [ArgumentError]
    def call(references)
      refuse("none of its keys is a rule: #{@schema.keys.first(3).join(', ')}") if without_rules?
      fault = JSONSchemer.schema(META).validate(@schema).first
      refuse("#{fault['data_pointer']} is #{fault['data'].to_json[0, 60]}") if fault
      each_part(@schema) { |part, pointer| check_rules(part, pointer) }
      references.fault&.then { |found| refuse(found) }
    end

    private

    def refuse(fault)
      raise ArgumentError, "#{@place}: this is no JSON Schema: #{fault}", cause: nil
    end

    # Such a Hash accepts everything: a misspelt rule, or the wrong part of a request.
    def without_rules?
      @schema.is_a?(Hash) && @schema.any? && @schema.keys.none? { |key| KEYWORDS.key?(key) || OTHERS.include?(key) }
    end

    # A property may have such a name; then it is a schema.
    def check_rules(part, pointer)
      patterns = part["patternProperties"]
      try(part.slice(*OF_TEXTS).select { |_, rule| rule.is_a?(String) }, "", pointer)
      try({ "patternProperties" => patterns.transform_values { true } }, { "" => 1 }, pointer) if patterns.is_a?(Hash)
    end

    # What json_schemer first reads as it validates.
    def try(rules, sample, pointer)
      JSONSchemer.schema(rules).valid?(sample) if rules.any?
    rescue StandardError, NotImplementedError => e
      refuse("#{pointer} has #{rules.to_json[0, 100]}: #{e.class}: #{e.message}")
    end

    # Each Hash that is a schema, or holds some.
    def each_part(schema, pointer = "", &)
      case schema
      when Array then schema.each_with_index { |part, at| each_part(part, "#{pointer}/#{at}", &) }
      when Hash
        yield schema, pointer
        schema.except(*VALUES).each { |key, part| each_part(part, "#{pointer}/#{key}", &) }
      end
    end
  end
end
