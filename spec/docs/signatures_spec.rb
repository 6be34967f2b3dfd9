# frozen_string_literal: true

require "English"

RSpec.describe "The signatures", :slow do
  root = File.expand_path("../..", __dir__)
  # The gem rbs, wherever it is: it comes with Ruby, and need not be in the bundle or have its command on the PATH.
  rbs = [{ "RUBYOPT" => nil, "RUBYLIB" => nil, "BUNDLE_GEMFILE" => nil }, RbConfig.ruby,
         "-e", 'gem "rbs"; load Gem.bin_path("rbs", "rbs")', "--"]

  # What YARD shows as public, such as "LlmRouter#call". It does not see that what is in an @api private Struct is, too.
  documented = lambda do
    query = "object.type == :method && object.visibility == :public && " \
            "[object.namespace, object.namespace.namespace].none? { |outer| outer.has_tag?(:api) }"
    list = IO.popen(["yard", "list", "--no-save", "--no-cache", "--query", query], chdir: root, err: File::NULL, &:read)
    raise "yard list failed: #{list}" unless $CHILD_STATUS.success?

    list.lines.map { |line| line.split(": ", 2).last.strip }
  end

  # The methods that the signatures declare, one to a line, by the same names.
  declared = lambda do
    Dir[File.join(root, "sig/**/*.rbs")].flat_map do |file|
      scope = []
      File.foreach(file).filter_map do |line|
        case line
        when /^\s*(?:class|module|interface) ([\w:]+)/ then scope.push($LAST_MATCH_INFO[1]) && nil
        when /^\s*end$/ then scope.pop && nil
        when /^\s*(?:def|attr_reader) (self\??\.)?([^\s:]+):/
          "#{scope.join('::')}#{$LAST_MATCH_INFO[1] ? '.' : '#'}#{$LAST_MATCH_INFO[2]}"
        end
      end
    end
  end

  it "are valid" do
    skip "the gem rbs is not installed" unless system(*rbs, "--version", out: File::NULL, err: File::NULL)

    validation = %w[-r bigdecimal -r monitor -r logger -I sig validate]
    output = IO.popen([*rbs, *validation], chdir: root, err: %i[child out], &:read)
    expect($CHILD_STATUS).to be_success, output.lines.grep_v(/^Validating/).join
  end

  it "declare every public method, and no others" do
    public_methods = documented.call
    expect(public_methods).to include("LlmRouter#call", "LlmRouter::Hop#reason", "LlmRouter::Configuration#chain")

    signatures = declared.call.grep_v(/::_[A-Z]\w*#/) # less those of interfaces
    expect(without_signature: public_methods - signatures, without_method: signatures - public_methods)
      .to eq(without_signature: [], without_method: [])
  end
end
