# frozen_string_literal: true

class LlmRouter
  # Says where a value breaks a JSON Schema, and which rule: +/items/0/price: is not a number+. In words of its own, as
  # json_schemer's can have parts of the value; keys of the value that the schema does not name are +*+.
  # @api private
  class SchemaWords
    TYPES = { "null" => "null", "boolean" => "a boolean", "number" => "a number", "integer" => "an integer",
              "string" => "a string", "array" => "a list", "object" => "an object" }.freeze
    # What the schema demands goes into the place of +%s+.
    RULES = {
      "type" => "is none of %s", "enum" => "is none of %s", "const" => "is not %s",
      "pattern" => "does not match %s", "format" => "is no %s",
      "maximum" => "is above %s", "minimum" => "is below %s", "exclusiveMaximum" => "is not below %s",
      "exclusiveMinimum" => "is not above %s", "multipleOf" => "is no multiple of %s",
      "maxLength" => "is longer than %s characters", "minLength" => "is shorter than %s characters",
      "maxItems" => "has more than %s items", "minItems" => "has fewer than %s items",
      "uniqueItems" => "has an item twice", "contains" => "has no item of the kind that it must contain",
      "maxProperties" => "has more than %s keys", "minProperties" => "has fewer than %s keys",
      "oneOf" => "fits several of oneOf", "not" => "is what it must not be", "schema" => "is not allowed"
    }.freeze
    MAX_CHARS = 300
    private_constant :TYPES, :RULES, :MAX_CHARS

    # @param schema [Hash, Boolean]
    def initialize(schema)
      @names = {}
      name(schema)
    end

    # @param fault [Hash] of json_schemer
    # @return [String]
    def of(fault)
      words = "#{place(fault.fetch('data_pointer'))}: #{rule(*fault.values_at('type', 'schema', 'details'))}"
      words.size > MAX_CHARS ? "#{words[0, MAX_CHARS]}..." : words
    end

    private

    def rule(type, schema, details)
      return "is not #{TYPES[type]}" if TYPES.key?(type)
      return "lacks #{details.fetch('missing_keys').join(', ')}" if type == "required" && details

      RULES.key?(type) ? format(RULES[type], demanded(type, schema).to_json) : "breaks the rule #{type}"
    end

    def demanded(type, schema)
      demanded = schema[type] if schema.is_a?(Hash)
      # In draft 4, exclusiveMinimum: true stands beside minimum.
      demanded == true && type.start_with?("exclusiveM") ? schema[type.sub("exclusiveM", "m")] : demanded
    end

    def place(pointer)
      return "the answer" if pointer.empty?

      pointer.split("/").map { |key| shown?(key) ? key : "*" }.join("/")
    end

    def shown?(key)
      key.empty? || key.match?(/\A\d{1,9}\z/) || @names.key?(key.gsub("~1", "/").gsub("~0", "~"))
    end

    # The names that the schema gives to keys.
    def name(schema)
      case schema
      when Array then schema.each { |part| name(part) }
      when Hash
        schema["properties"].each_key { |key| @names[key] = true } if schema["properties"].is_a?(Hash)
        schema.each_value { |part| name(part) }
      end
    end
  end
end
