# frozen_string_literal: true

class LlmRouter
  module Doctor
    # A table as the generator makes it, read from the template of its migration.
    # @api private
    class Schema
      TEMPLATES = File.expand_path("../../generators/llm_router/install/templates", __dir__)
      TABLE = /create_table :(\w+).*? do \|t\|\n(.*?)^    end$/m
      COLUMN = /^\s+t\.(?!index|timestamps|references)\w+ :(\w+)/
      COLUMNS = /%i\[([^\]]+)\]\.each(?: do \|name\||\s*\{ \|name\|)\s*t\.\w+ name/m
      REFERENCES = /^\s+t\.references :(\w+)/
      INDEX = /^\s+t\.index (?:%i\[([^\]]+)\]|:(\w+)),(.*)$/
      private_constant :TEMPLATES, :TABLE, :COLUMN, :COLUMNS, :REFERENCES, :INDEX

      # @return [String]
      attr_reader :name
      # @return [Array<String>]
      attr_reader :columns
      # @return [Array<Array(Array<String>, Boolean)>] the columns of each index, and whether it is unique
      attr_reader :indexes

      # @param template [String] "create_llm_budgets"
      # @return [Array<Schema>] its tables
      def self.of(template)
        File.read(File.join(TEMPLATES, "#{template}.rb.tt")).scan(TABLE).map { |name, body| new(name, body) }
      end

      def initialize(name, body)
        @name = name
        @columns = body.scan(COLUMN).flatten + body.scan(COLUMNS).flat_map { |(names)| names.split } +
                   body.scan(REFERENCES).map { |(to)| "#{to}_id" } + ["id"]
        @columns += %w[created_at updated_at] if body.include?("t.timestamps")
        @indexes = body.scan(INDEX).map { |many, one, options| [(many || one).split, options.include?("unique: true")] }
      end
    end
  end
end
